#include "model/checkpoint.h"

#include "base/mem.h"
#include "model/modelfile.h"
#include <string.h>

static const char kind[] = "a Latent checkpoint";

struct lt_checkpoint {
    char *path; /* for messages */
    struct lt_safetensors file;
    struct lt_json *json; /* {"format", "version", "state"} */
    const struct lt_json *state;
};

/* ---- writing ---- */

static int describe(const struct lt_json *state, char **text, struct lt_error *err)
{
    struct lt_json *json = NULL, *copy = NULL;
    *text = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_integer(json, "format", LT_CHECKPOINT_FORMAT, err);
    if (!rc)
        rc = lt_json_set_string(json, "version", LT_VERSION, err);
    if (!rc)
        rc = lt_json_copy(&copy, state, err);
    if (!rc)
        rc = lt_json_set(json, "state", &copy, err);
    if (!rc)
        rc = lt_json_dump(json, 0, text, NULL, err);
    lt_json_free(&json);
    return rc;
}

static int list_parts(const struct lt_checkpoint_part *parts, int n, struct lt_tensor *tensors,
                      struct lt_error *err)
{
    for (int i = 0; i < n; i++) {
        const struct lt_checkpoint_part *p = &parts[i];
        if (strlen(p->name) >= LT_TENSOR_NAME || p->count > INT64_MAX)
            return lt_fail(err, LT_EFAIL, "the array \"%.*s\" does not fit a checkpoint",
                           LT_TENSOR_NAME, p->name);
        tensors[i] = (struct lt_tensor){
            .dtype = p->dtype, .rank = 1, .shape = {(int64_t)p->count}, .data = p->values};
        strcpy(tensors[i].name, p->name);
    }
    return LT_OK;
}

int lt_checkpoint_write(const char *path, const struct lt_json *state,
                        const struct lt_checkpoint_part *parts, int n, struct lt_error *err)
{
    char *text = NULL;
    struct lt_tensor *tensors = NULL;
    int rc = describe(state, &text, err);
    if (!rc)
        rc = lt_alloc(&tensors, (size_t)n, sizeof *tensors, "a list of arrays", err);
    if (!rc)
        rc = list_parts(parts, n, tensors, err);
    if (!rc) {
        struct lt_safetensors_text metadata = {"checkpoint", text};
        struct lt_safetensors_content content = {
            .text = &metadata, .texts = 1, .tensor = tensors, .tensors = n};
        rc = lt_safetensors_write(&content, path, err);
    }
    lt_free(text);
    lt_free(tensors);
    return rc;
}

/* ---- reading ---- */

static int read_description(struct lt_checkpoint *c, struct lt_error *err)
{
    const char *text = lt_safetensors_text(&c->file, "checkpoint"), *version = NULL;
    int64_t format = 0;
    if (!text || !c->file.sealed)
        return lt_fail(err, LT_ECONTENT, "not %s (it is %s)", kind,
                       lt_safetensors_text(&c->file, "latent")
                           ? "a finished model"
                           : "a safetensors file from elsewhere");
    int rc = lt_json_parse(&c->json, "its description", text, strlen(text), err);
    if (!rc)
        rc = lt_json_get_integer(c->json, "format", &format, err);
    if (!rc)
        rc = lt_json_get_string(c->json, "version", &version, err);
    if (!rc && format != LT_CHECKPOINT_FORMAT)
        rc = lt_fail(err, LT_ECONTENT,
                     "written by Latent %.32s in format %lld, and this is Latent " LT_VERSION
                     ", which reads format %d; resume with the version that wrote it",
                     version, (long long)format, LT_CHECKPOINT_FORMAT);
    return rc ? rc : lt_json_get_object(c->json, "state", &c->state, err);
}

int lt_checkpoint_read(struct lt_checkpoint **out, const char *path, struct lt_error *err)
{
    struct lt_checkpoint *c = NULL;
    struct lt_error inner = {0};
    *out = NULL;
    int rc = lt_alloc(&c, 1, sizeof *c, "a checkpoint", err);
    if (!rc)
        rc = lt_strdup(&c->path, path, err);
    if (!rc)
        rc = lt_safetensors_open(&c->file, c->path, kind, err);
    if (!rc && (rc = read_description(c, &inner)))
        lt_fail(err, rc, "%s: %s", c->file.name, inner.text);
    if (rc) {
        lt_checkpoint_free(&c);
        return rc;
    }
    *out = c;
    return LT_OK;
}

void lt_checkpoint_free(struct lt_checkpoint **checkpoint)
{
    struct lt_checkpoint *c = *checkpoint;
    if (!c)
        return;
    lt_safetensors_close(&c->file);
    lt_json_free(&c->json);
    lt_free(c->path);
    lt_free(c);
    *checkpoint = NULL;
}

const struct lt_json *lt_checkpoint_state(const struct lt_checkpoint *checkpoint)
{
    return checkpoint->state;
}

size_t lt_checkpoint_count(const struct lt_checkpoint *checkpoint, const char *name)
{
    const struct lt_tensor *t = lt_safetensors_find(&checkpoint->file, name);
    return t ? t->bytes / lt_dtype_size(t->dtype) : 0;
}

int lt_checkpoint_array(const struct lt_checkpoint *checkpoint, const char *name,
                        enum lt_dtype dtype, void *values, size_t count, struct lt_error *err)
{
    const struct lt_tensor *t = NULL;
    int64_t shape = count > INT64_MAX ? -1 : (int64_t)count;
    int rc = lt_safetensors_get(&checkpoint->file, name, dtype, 1, &shape, &t, err);
    if (!rc && t->bytes > 0)
        memcpy(values, t->data, t->bytes);
    return rc;
}
