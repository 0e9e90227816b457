#include "base/error.h"
#include "model/sha256.h"
#include "t.h"

static const char *hash_of(const void *bytes, size_t n, size_t step)
{
    static char hex[LT_SHA256_HEX];
    struct lt_sha256 hash;
    lt_sha256_init(&hash);
    for (size_t i = 0; i < n; i += step)
        lt_sha256_update(&hash, (const char *)bytes + i, n - i < step ? n - i : step);
    lt_sha256_hex(&hash, hex);
    return hex;
}

/* The examples that NIST publishes with FIPS 180-4, and the empty message. */
TEST(the_published_vectors_come_out)
{
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char four[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
                               "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    T_STR(hash_of("abc", 3, 64),
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    T_STR(hash_of("", 0, 64), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    T_STR(hash_of(two, sizeof two - 1, 64),
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    T_STR(hash_of(four, sizeof four - 1, 64),
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST(a_million_letters_come_out)
{
    char block[1000];
    char hex[LT_SHA256_HEX];
    struct lt_sha256 hash;
    memset(block, 'a', sizeof block);
    lt_sha256_init(&hash);
    for (int i = 0; i < 1000; i++)
        lt_sha256_update(&hash, block, sizeof block);
    lt_sha256_hex(&hash, hex);
    T_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(pieces_of_any_size_give_the_same_hash)
{
    unsigned char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t n = 0; n <= sizeof bytes; n += 13) {
        char whole[LT_SHA256_HEX];
        strcpy(whole, hash_of(bytes, n, sizeof bytes));
        for (size_t step = 1; step < 130; step++)
            T_STR(hash_of(bytes, n, step), whole);
    }
}

TEST(a_copy_continues_from_the_same_place)
{
    char a[LT_SHA256_HEX], b[LT_SHA256_HEX];
    struct lt_sha256 hash, copy;
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, "ab", 2);
    copy = hash;
    lt_sha256_update(&hash, "c", 1);
    lt_sha256_update(&copy, "c", 1);
    lt_sha256_hex(&hash, a);
    lt_sha256_hex(&copy, b);
    T_STR(a, b);
    T_OK(lt_sha256_is_hex(a));
    a[63] = 'G';
    T_OK(!lt_sha256_is_hex(a));
    a[63] = '\0';
    T_OK(!lt_sha256_is_hex(a));
}

T_MAIN
