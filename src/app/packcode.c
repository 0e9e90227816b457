#include "app/packcode.h"
void lt_packcode_free(struct lt_packcode **code) { (void)code; }
struct lt_packcoder {int x;};
int lt_packcoder_create(struct lt_packcoder **out, const struct lt_packcode *code,
                        struct lt_packencoder *encoder, struct lt_error *err)
{ (void)out; (void)code; (void)encoder; (void)err; return 0; }
void lt_packcoder_free(struct lt_packcoder **coder) { (void)coder; }
