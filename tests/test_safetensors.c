#include "base/mem.h"
#include "model/checkpoint.h"
#include "model/safetensors.h"
#include "t.h"
#include <stdint.h>

static const double wide[3] = {1.5, -2.25, 1e300};
static const float narrow[6] = {0, 1, 2, 3, 4, 5};
static const unsigned char bytes[5] = {1, 2, 3, 250, 255};

static struct lt_safetensors_content example(struct lt_tensor tensor[4])
{
    static const struct lt_safetensors_text text[] = {{"who", "a \"test\"\n"}, {"empty", ""}};
    tensor[0] = (struct lt_tensor){"wide.offset", LT_DTYPE_F64, 1, {3}, wide, 0};
    tensor[1] = (struct lt_tensor){"net.dense1.weight", LT_DTYPE_F32, 2, {2, 3}, narrow, 0};
    tensor[2] = (struct lt_tensor){"nothing", LT_DTYPE_F32, 2, {0, 3}, NULL, 0};
    tensor[3] = (struct lt_tensor){"bytes", LT_DTYPE_U8, 1, {5}, bytes, 0};
    return (struct lt_safetensors_content){text, 2, tensor, 4};
}

static void make(unsigned char **out, size_t *size)
{
    struct lt_tensor tensor[4];
    struct lt_error err = {0};
    struct lt_safetensors_content content = example(tensor);
    if (lt_safetensors_bytes(&content, out, size, &err))
        T_FAIL("%s", err.text);
}

TEST(what_is_written_is_read)
{
    struct lt_tensor tensor[4];
    struct lt_error err = {0};
    struct lt_safetensors st;
    struct lt_safetensors_content content = example(tensor);
    const char *path = t_tmp("a.safetensors");
    const struct lt_tensor *t = NULL;
    T_INT(lt_safetensors_write(&content, path, &err), 0);
    T_INT(lt_safetensors_open(&st, path, "a test file", &err), 0);
    T_OK(st.sealed);
    T_INT(st.tensors, 4);
    T_STR(lt_safetensors_text(&st, "who"), "a \"test\"\n");
    T_STR(lt_safetensors_text(&st, "empty"), "");
    T_OK(lt_safetensors_text(&st, "other") == NULL);
    t = lt_safetensors_find(&st, "wide.offset");
    T_OK(t && t->bytes == sizeof wide && memcmp(t->data, wide, sizeof wide) == 0);
    T_INT((uintptr_t)t->data % 64, 0);
    t = lt_safetensors_find(&st, "bytes");
    T_OK(t && t->bytes == sizeof bytes && memcmp(t->data, bytes, sizeof bytes) == 0);
    T_INT(
        lt_safetensors_get(&st, "net.dense1.weight", LT_DTYPE_F32, 2, (int64_t[]){2, 3}, &t, &err),
        0);
    T_OK(memcmp(t->data, narrow, sizeof narrow) == 0);
    T_INT(
        lt_safetensors_get(&st, "net.dense1.weight", LT_DTYPE_F32, 2, (int64_t[]){3, 2}, &t, NULL),
        LT_ECONTENT);
    T_INT(lt_safetensors_get(&st, "absent", LT_DTYPE_F32, 1, (int64_t[]){3}, &t, &err),
          LT_ECONTENT);
    T_OK(strstr(err.text, "a.safetensors: the array \"absent\" is missing") != NULL);
    lt_safetensors_close(&st);
}

TEST(the_same_content_gives_the_same_bytes_in_memory_and_on_disk)
{
    struct lt_tensor tensor[4];
    struct lt_error err = {0};
    struct lt_bytes file;
    struct lt_safetensors_content content = example(tensor);
    const char *path = t_tmp("b.safetensors");
    unsigned char *memory = NULL;
    size_t size = 0;
    T_INT(lt_safetensors_write(&content, path, &err), 0);
    T_INT(lt_safetensors_bytes(&content, &memory, &size, &err), 0);
    T_INT(lt_bytes_read(&file, path, &err), 0);
    T_OK(file.size == size && memcmp(file.data, memory, size) == 0);
    lt_bytes_free(&file);
    lt_free(memory);
}

/* Opens bytes that end where their allocation ends. */
static int open_exact(const unsigned char *data, size_t size, struct lt_error *err)
{
    struct lt_safetensors st;
    unsigned char *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    int rc = lt_safetensors_open_bytes(&st, "f", exact, size, "a test file", err);
    if (!rc)
        lt_safetensors_close(&st);
    free(exact);
    return rc;
}

TEST(every_flipped_bit_is_noticed)
{
    unsigned char *file = NULL;
    size_t size = 0;
    make(&file, &size);
    T_INT(open_exact(file, size, NULL), 0);
    for (size_t i = 0; i < size * 8; i++) {
        struct lt_safetensors st;
        file[i / 8] ^= (unsigned char)(1 << i % 8);
        int rc = lt_safetensors_open_bytes(&st, "f", file, size, "a test file", NULL);
        bool noticed = rc == LT_ECONTENT || !st.sealed;
        if (!rc)
            lt_safetensors_close(&st);
        if (!noticed)
            T_FAIL("bit %zu of %zu", i, size * 8);
        file[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    lt_free(file);
}

TEST(every_shorter_or_longer_file_is_refused)
{
    unsigned char *file = NULL;
    size_t size = 0;
    make(&file, &size);
    for (size_t n = 0; n < size; n++)
        T_INT(open_exact(file, n, NULL), LT_ECONTENT);
    unsigned char *longer = malloc(size + 1);
    memcpy(longer, file, size);
    longer[size] = 0;
    T_INT(open_exact(longer, size + 1, NULL), LT_ECONTENT);
    free(longer);
    lt_free(file);
}

TEST(damage_is_told_from_shortness)
{
    unsigned char *file = NULL;
    size_t size = 0;
    struct lt_error err = {0};
    char want[300];
    make(&file, &size);
    T_INT(open_exact(file, size - 1, &err), LT_ECONTENT);
    snprintf(want, sizeof want, "f: cut short: it has %zu bytes of at least %zu; get a fresh copy",
             size - 1, size);
    T_ERR(err, want);
    err = (struct lt_error){0};
    T_INT(open_exact(file, 200, &err), LT_ECONTENT);
    T_OK(strncmp(err.text, "f: cut short: it has 200 bytes of at least ", 43) == 0);
    file[size - 1] ^= 1;
    err = (struct lt_error){0};
    T_INT(open_exact(file, size, &err), LT_ECONTENT);
    T_ERR(err, "f: the weights do not match their checksum (SHA-256): the file was changed or "
               "damaged; get a fresh copy");
    file[size - 1] ^= 1;
    file[150] ^= 1;
    err = (struct lt_error){0};
    T_INT(open_exact(file, size, &err), LT_ECONTENT);
    T_ERR(err, "f: the header does not match its checksum (SHA-256): the file was changed or "
               "damaged; get a fresh copy");
    lt_free(file);
}

/* A file made elsewhere: length, header, payload of n bytes. */
static int open_header(const char *header, size_t n, struct lt_error *err)
{
    unsigned char file[1000] = {0};
    uint64_t length = strlen(header);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, length);
    return open_exact(file, 8 + length + n, err);
}

TEST(files_made_elsewhere_are_read_but_not_sealed)
{
    T_INT(open_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, NULL),
          0);
    T_INT(open_header("{\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[4,5]},"
                      "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                      "\"__metadata__\":{\"k\":\"v\"}}   ",
                      5, NULL),
          0);
    T_INT(open_header("{}", 0, NULL), 0);
}

TEST(headers_that_contradict_themselves_are_refused)
{
    static const struct {
        const char *header;
        size_t payload;
    } bad[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8},
        {"{\"a\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1152921504606846976,4],"
         "\"data_offsets\":[0,0]}}",
         0},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[5,9]}}",
         9}, /* a gap */
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
         6}, /* an overlap */
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
         8}, /* a name twice */
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4},
        {"{\"a\":3}", 0},
        {"{\"__metadata__\":[]}", 0},
        {"{\"__metadata__\":{\"k\":1}}", 0},
        {"{\"a\"", 0},
        {"[]", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lt_error err = {0};
        int rc = open_header(bad[i].header, bad[i].payload, &err);
        if (rc != LT_ECONTENT || strncmp(err.text, "f: ", 3) != 0)
            T_FAIL("%s gives %d %s", bad[i].header, rc, err.text);
    }
}

TEST(a_header_of_absurd_length_is_refused)
{
    unsigned char file[300];
    struct lt_error err = {0};
    memset(file, ' ', sizeof file);
    memset(file, 0xff, 8);
    file[8] = '{';
    T_INT(open_exact(file, sizeof file, &err), LT_ECONTENT);
    T_ERR(err, "f: not a test file (it is of an unknown kind)");
}

TEST(other_files_are_named)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *name;
    } files[] = {
        {"", 0, "an empty file"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0", 14, "a gzip file"},
        {"PK\3\4 and more of it", 19, "a zip archive, as .npz and .pt files are"},
        {"\x93NUMPY\1\0v\0{'descr'", 18, "a NumPy array"},
        {"a,b,c\n1,2,3\n4,5,6\n", 18, "a text file"},
        {"\0\0\x08\x03\0\0\xea\x60\0\0\0\x1c", 12, "an IDX array"},
        {"\x89PNG\r\n\x1a\n____", 12, "a PNG image"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct lt_error err = {0};
        char want[200];
        T_INT(open_exact((const unsigned char *)files[i].bytes, files[i].size, &err), LT_ECONTENT);
        snprintf(want, sizeof want, "f: not a test file (it is %s)", files[i].name);
        T_ERR(err, want);
    }
}

TEST(a_missing_file_and_a_folder_are_told)
{
    struct lt_safetensors st;
    struct lt_error err = {0};
    T_INT(lt_safetensors_open(&st, "no/such/file", "a test file", &err), LT_EFAIL);
    T_ERR(err, "no/such/file: no such file; check the name");
    err = (struct lt_error){0};
    T_INT(lt_safetensors_open(&st, "/", "a test file", &err), LT_EFAIL);
}

TEST(a_full_disk_is_an_error)
{
    struct lt_tensor tensor[4];
    struct lt_error err = {0};
    struct lt_safetensors_content content = example(tensor);
    if (access("/dev/full", W_OK) != 0)
        T_SKIP("there is no /dev/full");
    T_INT(lt_safetensors_write(&content, "/dev/full", &err), LT_EFAIL);
}

/* ---- checkpoints ---- */

static int write_checkpoint(const char *path, int64_t step, struct lt_error *err)
{
    struct lt_json *state = NULL;
    double moments[3] = {0.5, (double)step, -1};
    struct lt_checkpoint_part parts[] = {{"optimizer.m", LT_DTYPE_F64, moments, 3},
                                         {"weights", LT_DTYPE_F32, narrow, 6},
                                         {"none", LT_DTYPE_F32, NULL, 0}};
    T_INT(lt_json_object(&state, err), 0);
    T_INT(lt_json_set_integer(state, "step", step, err), 0);
    T_INT(lt_json_set_number(state, "best.loss", 0.1 + (double)step, err), 0);
    int rc = lt_checkpoint_write(path, state, parts, 3, err);
    lt_json_free(&state);
    return rc;
}

TEST(a_checkpoint_comes_back_as_the_same_bits)
{
    struct lt_checkpoint *cp = NULL;
    struct lt_error err = {0};
    const char *path = t_tmp("run.checkpoint");
    double moments[3], loss = 0;
    float weights[6];
    int64_t step = 0;
    T_INT(write_checkpoint(path, 1, &err), 0);
    T_INT(write_checkpoint(path, 7, &err), 0); /* replaces the first */
    T_INT(lt_checkpoint_read(&cp, path, &err), 0);
    T_INT(lt_json_get_integer(lt_checkpoint_state(cp), "step", &step, &err), 0);
    T_INT(lt_json_get_number(lt_checkpoint_state(cp), "best.loss", &loss, &err), 0);
    T_INT(step, 7);
    T_OK(loss == 7.1);
    T_INT(lt_checkpoint_count(cp, "weights"), 6);
    T_INT(lt_checkpoint_count(cp, "none"), 0);
    T_INT(lt_checkpoint_count(cp, "absent"), 0);
    T_INT(lt_checkpoint_array(cp, "optimizer.m", LT_DTYPE_F64, moments, 3, &err), 0);
    T_INT(lt_checkpoint_array(cp, "weights", LT_DTYPE_F32, weights, 6, &err), 0);
    T_INT(lt_checkpoint_array(cp, "none", LT_DTYPE_F32, NULL, 0, &err), 0);
    T_OK(moments[0] == 0.5 && moments[1] == 7 && moments[2] == -1);
    T_OK(memcmp(weights, narrow, sizeof narrow) == 0);
    T_INT(lt_checkpoint_array(cp, "weights", LT_DTYPE_F32, weights, 5, NULL), LT_ECONTENT);
    T_INT(lt_checkpoint_array(cp, "weights", LT_DTYPE_F64, moments, 6, NULL), LT_ECONTENT);
    T_INT(lt_checkpoint_array(cp, "absent", LT_DTYPE_F64, moments, 3, NULL), LT_ECONTENT);
    lt_checkpoint_free(&cp);
    T_OK(cp == NULL);
}

TEST(a_damaged_or_foreign_checkpoint_is_refused)
{
    struct lt_checkpoint *cp = NULL;
    struct lt_error err = {0};
    struct lt_bytes file;
    unsigned char *copy = NULL;
    const char *path = t_tmp("c.checkpoint"), *other = t_tmp("o.safetensors");
    T_INT(write_checkpoint(path, 1, &err), 0);
    T_INT(lt_bytes_read(&file, path, &err), 0);
    size_t size = file.size;
    copy = malloc(size);
    memcpy(copy, file.data, size);
    lt_bytes_free(&file);
    for (size_t i = 0; i < size; i += 3) {
        copy[i] ^= 4;
        T_INT(lt_checkpoint_read(&cp, t_file("d.checkpoint", copy, size), NULL), LT_ECONTENT);
        copy[i] ^= 4;
    }
    free(copy);
    struct lt_tensor tensor[4];
    struct lt_safetensors_content content = example(tensor);
    T_INT(lt_safetensors_write(&content, other, &err), 0);
    T_INT(lt_checkpoint_read(&cp, other, &err), LT_ECONTENT);
    T_OK(strstr(err.text, ": not a Latent checkpoint (it is a safetensors file from elsewhere)"));
    err = (struct lt_error){0};
    T_INT(lt_checkpoint_read(&cp, "no/such/checkpoint", &err), LT_EFAIL);
    T_ERR(err, "no/such/checkpoint: no such file; check the name");
}

TEST(a_failed_checkpoint_leaves_the_old_one)
{
    struct lt_checkpoint *cp = NULL;
    struct lt_error err = {0};
    struct lt_json *state = NULL;
    const char *path = t_tmp("kept.checkpoint");
    char name[LT_TENSOR_NAME + 10];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    struct lt_checkpoint_part part = {name, LT_DTYPE_F32, narrow, 6};
    T_INT(write_checkpoint(path, 3, &err), 0);
    T_INT(lt_json_object(&state, &err), 0);
    T_INT(lt_checkpoint_write(path, state, &part, 1, NULL), LT_EFAIL);
    lt_json_free(&state);
    T_INT(lt_checkpoint_read(&cp, path, &err), 0);
    lt_checkpoint_free(&cp);
}

T_MAIN
