/* The same claims hold for jansson's tree and for the small one. */
#include "base/mem.h"
#include "model/json.h"
#include "t.h"
#include <locale.h>

static struct lt_json *parse(const char *text)
{
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    if (lt_json_parse(&json, "test", text, strlen(text), &err))
        T_FAIL("%s\n%s", text, err.text);
    return json;
}

/* What a text becomes when it is read and written. */
static void check_dump(const char *text, const char *want)
{
    struct lt_json *json = parse(text);
    struct lt_error err = {0};
    char *out = NULL;
    size_t size = 0;
    T_INT(lt_json_dump(json, 0, &out, &size, &err), 0);
    T_STR(out, want);
    T_INT(size, strlen(want));
    lt_free(out);
    lt_json_free(&json);
}

TEST(what_is_built_is_written)
{
    struct lt_json *json = NULL, *list = NULL;
    struct lt_error err = {0};
    char *out = NULL;
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_json_set_number(json, "pca.squared_error", 9.004, &err), 0);
    T_INT(lt_json_set_integer(json, "pca.dims", 50, &err), 0);
    T_INT(lt_json_set_string(json, "verdict", "beats-pca", &err), 0);
    T_INT(lt_json_set_bool(json, "done", true, &err), 0);
    T_INT(lt_json_set_null(json, "nothing", &err), 0);
    T_INT(lt_json_array(&list, &err), 0);
    T_INT(lt_json_append_integer(list, -1, &err), 0);
    T_INT(lt_json_append_number(list, 2, &err), 0);
    T_INT(lt_json_append_string(list, "a\"b\\c\n\x01", &err), 0);
    T_INT(lt_json_append_bool(list, false, &err), 0);
    T_INT(lt_json_append_null(list, &err), 0);
    T_INT(lt_json_set(json, "list", &list, &err), 0);
    T_OK(list == NULL);
    T_INT(lt_json_set_integer(json, "pca.dims", 30, &err), 0); /* keeps its place */
    T_INT(lt_json_dump(json, 0, &out, NULL, &err), 0);
    T_STR(out, "{\"pca\": {\"squared_error\": 9.004, \"dims\": 30}, \"verdict\": \"beats-pca\", "
               "\"done\": true, \"nothing\": null, "
               "\"list\": [-1, 2.0, \"a\\\"b\\\\c\\n\\u0001\", false, null]}");
    lt_free(out);
    T_INT(lt_json_dump(lt_json_get(json, "pca"), 2, &out, NULL, &err), 0);
    T_STR(out, "{\n  \"squared_error\": 9.004,\n  \"dims\": 30\n}");
    lt_free(out);
    lt_json_free(&json);
    T_OK(json == NULL);
}

TEST(numbers_come_back_as_the_same_bits)
{
    static const double values[] = {0.1,    1.0 / 3,
                                    1e22,   1e23,
                                    5e-324, 1.7976931348623157e308,
                                    -0.0,   123456.0,
                                    2e-308, 1e-5,
                                    9.004,  0.30000000000000004,
                                    1e300,  -1e-300,
                                    1.5,    2251799813685249.5};
    struct lt_error err = {0};
    struct lt_json *json = NULL, *back = NULL;
    size_t n = sizeof values / sizeof *values;
    char *out = NULL;
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_json_set_numbers(json, "v", values, n, &err), 0);
    T_INT(lt_json_dump(json, 0, &out, NULL, &err), 0);
    T_OK(strstr(out, "[0.1, 0.3333333333333333, 1e+22, 1e+23, ") != NULL);
    back = parse(out);
    for (size_t i = 0; i < n; i++) {
        const struct lt_json *v = lt_json_at(lt_json_get(back, "v"), i);
        double value = 1;
        T_INT(lt_json_kind(v), LT_JSON_NUMBER);
        T_INT(lt_json_get_number(v, "", &value, &err), 0);
        T_OK(memcmp(&value, &values[i], sizeof value) == 0);
    }
    lt_free(out);
    lt_json_free(&json);
    lt_json_free(&back);
}

TEST(integers_keep_all_64_bits)
{
    check_dump("[9223372036854775807,-9223372036854775808,0,-0,9007199254740993]",
               "[9223372036854775807, -9223372036854775808, 0, 0, 9007199254740993]");
}

TEST(numbers_ignore_the_locale)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        T_SKIP("no locale with a decimal comma is installed");
    check_dump("[0.5,1.25e3]", "[0.5, 1250.0]");
    setlocale(LC_NUMERIC, "C");
}

TEST(what_is_not_finite_becomes_null_and_is_read_as_nan)
{
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    double value = 0;
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_json_set_number(json, "a", (double)NAN, &err), 0);
    T_INT(lt_json_set_number(json, "b", (double)INFINITY, &err), 0);
    T_INT(lt_json_kind(lt_json_get(json, "a")), LT_JSON_NULL);
    T_INT(lt_json_kind(lt_json_get(json, "b")), LT_JSON_NULL);
    T_INT(lt_json_get_number(json, "a", &value, &err), 0);
    T_OK(isnan(value));
    lt_json_free(&json);
}

TEST(bytes_that_are_not_utf8_are_replaced)
{
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    const char *text = NULL;
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_json_set_string(json, "a", "caf\xe9 \xc3\xa9 \xed\xa0\x80", &err), 0);
    T_INT(lt_json_get_string(json, "a", &text, &err), 0);
    T_STR(text, "caf\xef\xbf\xbd \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    T_INT(lt_json_set_string(json, "b", NULL, &err), 0);
    T_INT(lt_json_kind(lt_json_get(json, "b")), LT_JSON_NULL);
    lt_json_free(&json);
    T_OK(lt_utf8_valid("\xf0\x9f\x98\x80", 4));
    T_OK(!lt_utf8_valid("\xc0\x80", 2));
    T_OK(!lt_utf8_valid("\xe0\x80\x80", 3));
    T_OK(!lt_utf8_valid("\xf4\x90\x80\x80", 4));
    T_OK(!lt_utf8_valid("\xf0\x9f\x98", 3));
}

TEST(getters_name_the_key_that_is_wrong)
{
    struct lt_json *json = parse("{\"a\":{\"b\":\"text\",\"c\":1.5},\"l\":[true]}");
    struct lt_error err = {0};
    double number = 0;
    int64_t integer = 0;
    bool flag = false;
    const struct lt_json *part = NULL;
    T_INT(lt_json_get_number(json, "a.x", &number, &err), LT_ECONTENT);
    T_ERR(err, "\"a.x\" is missing");
    err = (struct lt_error){0};
    T_INT(lt_json_get_number(json, "a.b", &number, &err), LT_ECONTENT);
    T_ERR(err, "\"a.b\" is a string where a number is expected");
    err = (struct lt_error){0};
    T_INT(lt_json_get_integer(json, "a.c", &integer, &err), LT_ECONTENT);
    T_ERR(err, "\"a.c\" is a number where an integer is expected");
    err = (struct lt_error){0};
    T_INT(lt_json_get_object(json, "l", &part, &err), LT_ECONTENT);
    T_ERR(err, "\"l\" is an array where an object is expected");
    err = (struct lt_error){0};
    T_INT(lt_json_get_bool(json, "a.b.c", &flag, &err), LT_ECONTENT);
    T_ERR(err, "\"a.b.c\" is missing");
    err = (struct lt_error){0};
    T_INT(lt_json_get_bool(lt_json_at(lt_json_get(json, "l"), 0), "", &flag, &err), 0);
    T_OK(flag);
    T_OK(lt_json_at(json, 0) == NULL);
    T_OK(lt_json_at(lt_json_get(json, "l"), 1) == NULL);
    lt_json_free(&json);
}

TEST(setters_refuse_what_is_no_path)
{
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "\xff"};
    struct lt_json *json = NULL, *value = NULL;
    struct lt_error err = {0};
    T_INT(lt_json_object(&json, &err), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        T_INT(lt_json_set_integer(json, bad[i], 1, NULL), LT_EUSAGE);
    T_INT(lt_json_set_integer(json, "n", 1, &err), 0);
    T_INT(lt_json_set_integer(json, "n.m", 1, &err), LT_EUSAGE);
    T_ERR(err, "\"n.m\" cannot be set: \"m\" would lie in an integer");
    T_INT(lt_json_object(&value, NULL), 0);
    T_INT(lt_json_set(json, "n.o", &value, NULL), LT_EUSAGE);
    T_OK(value == NULL);
    T_INT(lt_json_append_integer(json, 1, NULL), LT_EUSAGE);
    lt_json_free(&json);
}

TEST(keys_with_dots_are_reached_as_members)
{
    struct lt_json *json = NULL, *value = NULL;
    struct lt_error err = {0};
    struct lt_json_member m = {0};
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_json_array(&value, &err), 0);
    T_INT(lt_json_set_member(json, "a.b", &value, &err), 0);
    T_OK(lt_json_get(json, "a.b") == NULL);
    T_OK(lt_json_member(json, "a.b") != NULL);
    T_OK(lt_json_next(json, &m));
    T_STR(m.key, "a.b");
    T_INT(lt_json_kind(m.value), LT_JSON_ARRAY);
    T_OK(!lt_json_next(json, &m));
    lt_json_free(&json);
}

TEST(members_come_in_order)
{
    struct lt_json *json = parse("{\"z\":0,\"a\":1,\"m\":2,\"b\":3}");
    struct lt_json_member m = {0};
    char keys[8] = "";
    while (lt_json_next(json, &m))
        strcat(keys, m.key);
    T_STR(keys, "zamb");
    T_INT(lt_json_count(json), 4);
    lt_json_free(&json);
}

TEST(a_copy_shares_nothing)
{
    struct lt_json *json = parse("{\"a\":{\"b\":[1,\"x\",null,true,0.5]}}"), *copy = NULL;
    struct lt_error err = {0};
    char *out = NULL;
    T_INT(lt_json_copy(&copy, json, &err), 0);
    T_INT(lt_json_set_integer(json, "a.b", 7, &err), 0);
    lt_json_free(&json);
    T_INT(lt_json_dump(copy, 0, &out, NULL, &err), 0);
    T_STR(out, "{\"a\": {\"b\": [1, \"x\", null, true, 0.5]}}");
    lt_free(out);
    lt_json_free(&copy);
}

TEST(valid_texts_are_read)
{
    check_dump(" [ ] ", "[]");
    check_dump("{}", "{}");
    check_dump("\t{\"a\" :\r\n[1 , 2]}", "{\"a\": [1, 2]}");
    check_dump("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]");
    check_dump("[\"\\u00e9\\u20ac\\ud83d\\ude00\"]", "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]");
    check_dump("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"]",
               "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"]");
    check_dump("[0.0,-0.0,1e0,1E+2,1.5e-3,-1,1e-400]", "[0.0, -0.0, 1.0, 100.0, 0.0015, -1, 0.0]");
    check_dump("[true,false,null]", "[true, false, null]");
    check_dump("{\"\":{\"\":0}}", "{\"\": {\"\": 0}}");
    check_dump("[\"]\",\"}\",\"\\\"]\"]", "[\"]\", \"}\", \"\\\"]\"]");
}

TEST(texts_that_are_no_json_are_refused)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "[1]]",
                                      "[1] x",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{1:2}",
                                      "{\"a\" 1}",
                                      "1",
                                      "\"text\"",
                                      "null",
                                      "true",
                                      "[tru]",
                                      "[True]",
                                      "[nul]",
                                      "[NaN]",
                                      "[Infinity]",
                                      "[-Infinity]",
                                      "[+1]",
                                      "[01]",
                                      "[-]",
                                      "[-01]",
                                      "[.5]",
                                      "[1.]",
                                      "[1.e1]",
                                      "[1e]",
                                      "[1e+]",
                                      "[0x10]",
                                      "[1_0]",
                                      "[\"]",
                                      "[\"\\\"]",
                                      "[\"\\x\"]",
                                      "[\"\\u12\"]",
                                      "[\"\\u12g4\"]",
                                      "[\"\\ud800\"]",
                                      "[\"\\udc00\"]",
                                      "[\"\\ud800\\u0041\"]",
                                      "[\"\\ud800x\"]",
                                      "[\"\\u0000\"]",
                                      "[\"a\nb\"]",
                                      "[\"\t\"]",
                                      "[\"\x01\"]",
                                      "[\"\xff\"]",
                                      "[\"\xc3\"]",
                                      "[\"\xed\xa0\x80\"]",
                                      "[\"\xc0\x80\"]",
                                      "['a']",
                                      "[1]//",
                                      "/**/[1]",
                                      "\xef\xbb\xbf[1]",
                                      "[9223372036854775808]",
                                      "[-9223372036854775809]",
                                      "[123456789012345678901234567890]",
                                      "[1e400]",
                                      "[-1e400]",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"b\":2,\"\\u0061\":3}",
                                      "{\"x\":{\"a\":1,\"a\":2}}",
                                      "[1]\v",
                                      "[\"\\",
                                      "[\"\\u",
                                      "[\"\\u1",
                                      "[1,\f2]",
                                      "{\"a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lt_json *json = NULL;
        struct lt_error err = {0};
        size_t n = strlen(bad[i]);
        char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read beyond the end */
        memcpy(exact, bad[i], n);
        int rc = lt_json_parse(&json, "test", exact, n, &err);
        free(exact);
        if (rc != LT_ECONTENT || json)
            T_FAIL("%s gives %d %s", bad[i], rc, err.text);
        if (strncmp(err.text, "test: line ", 11) != 0)
            T_FAIL("%s: the message is %s", bad[i], err.text);
    }
}

TEST(a_nul_in_the_text_is_refused)
{
    struct lt_json *json = NULL;
    T_INT(lt_json_parse(&json, "test", "[\"a\0b\"]", 7, NULL), LT_ECONTENT);
    T_INT(lt_json_parse(&json, "test", "[1]\0", 4, NULL), LT_ECONTENT);
    T_INT(lt_json_parse(&json, "test", "[1,\0 2]", 7, NULL), LT_ECONTENT);
}

TEST(errors_tell_the_line)
{
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    const char *text = "{\n  \"a\": 1,\n  \"b\": ?\n}";
    T_INT(lt_json_parse(&json, "m.json", text, strlen(text), &err), LT_ECONTENT);
    if (strncmp(err.text, "m.json: line 3, column ", 23) != 0)
        T_FAIL("%s", err.text);
}

TEST(depth_and_number_of_values_are_limited)
{
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    char deep[2 * LT_JSON_DEPTH_MAX + 3];
    for (int n = LT_JSON_DEPTH_MAX; n <= LT_JSON_DEPTH_MAX + 1; n++) {
        memset(deep, '[', (size_t)n);
        memset(deep + n, ']', (size_t)n);
        deep[2 * n] = '\0';
        int rc = lt_json_parse(&json, "test", deep, 2 * (size_t)n, &err);
        T_INT(rc, n > LT_JSON_DEPTH_MAX ? LT_ECONTENT : LT_OK);
        lt_json_free(&json);
    }
    T_ERR(err, "test: more than 64 arrays and objects in each other");
    size_t size = 2 * (size_t)LT_JSON_VALUES_MAX + 10;
    char *many = malloc(size);
    T_OK(many != NULL);
    for (size_t i = 0; i < size; i++)
        many[i] = i % 2 ? '1' : ',';
    many[0] = '[';
    many[size - 1] = ']';
    err = (struct lt_error){0};
    T_INT(lt_json_parse(&json, "test", many, size, &err), LT_ECONTENT);
    T_ERR(err, "test: more than 4194304 values");
    free(many);
}

TEST(many_keys_are_read_in_reasonable_time)
{
    enum { KEYS = 50000 };
    char *text = malloc(KEYS * 16 + 2), *p = text;
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    T_OK(text != NULL);
    *p++ = '{';
    for (int i = 0; i < KEYS; i++)
        p += sprintf(p, "%s\"k%d\":%d", i ? "," : "", i, i % 10);
    *p++ = '}';
    T_INT(lt_json_parse(&json, "test", text, (size_t)(p - text), &err), 0);
    T_INT(lt_json_count(json), KEYS);
    lt_json_free(&json);
    p[-1] = ',';
    p += sprintf(p, "\"k777\":1}");
    T_INT(lt_json_parse(&json, "test", text, (size_t)(p - text), &err), LT_ECONTENT);
    free(text);
}

T_MAIN
