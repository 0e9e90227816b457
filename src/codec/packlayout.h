/* The bytes of a packed file, as docs/pack-format.md specifies them; between packlayout.c,
 * container.c, container_read.c, container_index.c and salvage.c.
 *
 *     preamble, section, section, ..., trailer
 */
#ifndef LT_CODEC_PACKLAYOUT_H
#define LT_CODEC_PACKLAYOUT_H

#include "codec/container.h"

enum {
    LT_PREAMBLE_BYTES = 24,
    LT_SECTION_BYTES = 44,  /* of a section's header */
    LT_SECTION_CRC_AT = 36, /* where in it the checksum of its payload stands */
    LT_TRAILER_BYTES = 32,
    LT_MAGIC_BYTES = 8,
};
#define LT_PACK_MAGIC "\x89LATPK\r\n"
#define LT_PACK_END "LATPKEND"

/* The kind of a section: four ASCII letters or digits, the first a letter.  A small first letter says
 * that readers may skip it. */
#define LT_KIND(a, b, c, d)                                                                        \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define LT_KIND_HEAD LT_KIND('H', 'E', 'A', 'D')
#define LT_KIND_MODEL LT_KIND('M', 'O', 'D', 'L')
#define LT_KIND_BLOCK LT_KIND('B', 'L', 'O', 'K')
#define LT_KIND_COPY LT_KIND('C', 'O', 'P', 'Y')
#define LT_KIND_INDEX LT_KIND('I', 'N', 'D', 'X')
bool lt_kind_optional(uint32_t kind);

struct lt_section {
    uint32_t kind;
    uint64_t size;   /* of the payload */
    uint64_t number; /* block: its index; COPY and INDX: how many blocks there are; else 0 */
    uint64_t first;  /* block: its first row; else 0 */
    uint64_t rows;   /* block: its rows; COPY and INDX: rows of the file; else 0 */
    uint32_t crc;    /* of the payload */
};

/* A section's header to and from its bytes, with the checksum at its end, which also covers the file's
 * identity.  get is false where the checksum does not match or the fields are beyond the limits. */
void lt_section_put(unsigned char out[LT_SECTION_BYTES], const struct lt_section *section,
                    uint32_t identity);
bool lt_section_get(const unsigned char *bytes, struct lt_section *out, uint32_t identity);

struct lt_preamble {
    uint16_t major, minor;
    uint32_t flags;
    uint32_t identity; /* CRC-32C of the description: sections of different files do not mix */
};
/* get does not look at the magic bytes but takes them for right. */
void lt_preamble_put(unsigned char out[LT_PREAMBLE_BYTES], const struct lt_preamble *preamble);
bool lt_preamble_get(const unsigned char *bytes, struct lt_preamble *out);

struct lt_trailer {
    uint64_t index;    /* where the INDX section begins */
    uint64_t size;     /* of the whole file */
    uint32_t identity; /* as in the preamble */
};
void lt_trailer_put(unsigned char out[LT_TRAILER_BYTES], const struct lt_trailer *trailer);
bool lt_trailer_get(const unsigned char *bytes, struct lt_trailer *out);

/* A section and where its header begins. */
struct lt_pack_entry {
    uint64_t at;
    struct lt_section section;
};

/* An open file: what lt_pack_open and lt_pack_open_salvage fill. */
struct lt_pack {
    char *name;
    const struct lt_bytes *bytes;
    uint32_t identity;
    struct lt_pack_payload head, model;
    bool salvaged;                /* headers of blocks need not be as the index says */
    bool model_damaged;           /* or hidden by damage where it would be */
    struct lt_pack_entry *blocks; /* (count) */
    size_t count, room;
    uint64_t rows;
    struct lt_pack_lost *lost; /* (losses) */
    size_t losses, lost_room;
};

/* An empty pack. */
int lt_pack_new(struct lt_pack **out, const char *name, const struct lt_bytes *bytes,
                struct lt_error *err);
/* Refuses a format that this version does not know. */
int lt_pack_version(const struct lt_pack *pack, const struct lt_preamble *preamble,
                    struct lt_error *err);
/* The index, found by the trailer: whole, and telling of sections that follow each other from the
 * preamble to the index, in an order that is allowed.  Needs pack->identity. */
int lt_pack_index(const struct lt_pack *pack, struct lt_pack_payload *index, struct lt_error *err);
/* Entry i of an index that lt_pack_index found good, when the entry before it ends at `at`. */
struct lt_pack_entry lt_pack_index_entry(const struct lt_pack *pack,
                                         const struct lt_pack_payload *index, size_t i,
                                         uint64_t at);
/* Refuses a kind of section that is neither known nor optional. */
int lt_pack_known(const struct lt_pack *pack, uint32_t kind, struct lt_error *err);
/* Appends a block and moves pack->rows to its end. */
int lt_pack_add(struct lt_pack *pack, const struct lt_pack_entry *block, struct lt_error *err);
/* A payload that lies within the file, and whether its checksum matches. */
struct lt_pack_payload lt_pack_payload_of(const struct lt_pack *pack,
                                          const struct lt_pack_entry *entry);
bool lt_pack_whole(const struct lt_pack *pack, const struct lt_pack_entry *entry);
/* Where the section ends. */
static inline uint64_t lt_pack_end_of(const struct lt_pack_entry *entry)
{
    return entry->at + LT_SECTION_BYTES + entry->section.size;
}

#endif
