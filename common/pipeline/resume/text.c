/* Bytes of a text file: what they are, which encoding they have, their lines.
 *
 * Encodings: UTF-8 (with or without mark), UTF-16 by its mark, else Windows-1252 when nothing speaks against text. Text
 * that was encoded twice ("MÃ¼ller") is brought back run by run, where the bytes a run stands for are UTF-8. */
#include "pipeline/resume/resume_parts.h"

#include "base/utf8.h"
#include "pipeline/engine/profile.h"

#define TEXT_CONTROL_SHARE 0.02 /* of bytes; more is no text */
#define TEXT_TAB_COLUMNS   8

/* Windows-1252, 0x80..0x9F; 0: undefined */
static const uint16_t CP1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

enum doc_format resume_sniff(struct str bytes, enum doc_verdict *ret_verdict)
{
    static const struct {
        const char *magic;
        size_t at;
        enum doc_verdict verdict;
    } OTHERS[] = {
        {"\xD0\xCF\x11\xE0", 0, DOC_UNSUPPORTED},
        {"{\\rtf", 0, DOC_UNSUPPORTED},
        {"\x89PNG", 0, DOC_SCANNED},
        {"\xFF\xD8\xFF", 0, DOC_SCANNED},
        {"GIF8", 0, DOC_UNSUPPORTED},
        {"II*\0", 0, DOC_SCANNED},
        {"MM\0*", 0, DOC_SCANNED},
        {"%!PS", 0, DOC_UNSUPPORTED},
        {"\x1F\x8B", 0, DOC_NOT_A_DOCUMENT},
        {"7z\xBC\xAF", 0, DOC_NOT_A_DOCUMENT},
        {"Rar!", 0, DOC_NOT_A_DOCUMENT},
        {"\x7F"
         "ELF",
         0, DOC_NOT_A_DOCUMENT},
        {"MZ\x90", 0, DOC_NOT_A_DOCUMENT},
        {"<!DOCTYPE html", 0, DOC_UNSUPPORTED},
        {"<html", 0, DOC_UNSUPPORTED},
        {"<?xml", 0, DOC_UNSUPPORTED},
    };
    *ret_verdict = DOC_READ;
    struct str head = str_sub(bytes, 0, MIN(bytes.n, (size_t)1024));
    for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
        size_t n = OTHERS[i].magic[2] == '*' || OTHERS[i].magic[0] == 'M' ? 4 : strlen(OTHERS[i].magic);
        if (OTHERS[i].magic[0] == 'M' && OTHERS[i].magic[1] == 'Z')
            n = 3;
        if (bytes.n >= n && memcmp(bytes.p, OTHERS[i].magic, n) == 0) {
            *ret_verdict = OTHERS[i].verdict;
            /* an encrypted DOCX is an OLE file with this stream */
            static const char PACKAGE[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
            if (i == 0 && memmem(bytes.p, bytes.n, PACKAGE, sizeof(PACKAGE) - 1))
                *ret_verdict = DOC_ENCRYPTED;
            return 0;
        }
    }
    if (str_find(head, STR("%PDF-")) >= 0)
        return DOC_FORMAT_PDF;
    if (str_starts(bytes, "PK\x03\x04") || str_starts(bytes, "PK\x05\x06"))
        return DOC_FORMAT_DOCX;
    struct str text = str_trim(bytes);
    if (str_starts(text, "\xEF\xBB\xBF"))
        text = str_trim(str_sub(text, 3, text.n));
    if (text.n == 0) {
        *ret_verdict = DOC_EMPTY;
        return 0;
    }
    if (text.p[0] == '{')
        return DOC_FORMAT_JSON;
    return DOC_FORMAT_TEXT;
}

static bool is_text(struct str s)
{
    size_t control = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0)
            return false;
        control += c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != 0x1B;
    }
    return (double)control <= TEXT_CONTROL_SHARE * (double)s.n;
}

static bool from_utf16(struct arena *a, struct str s, struct str *ret)
{
    bool big = (unsigned char)s.p[0] == 0xFE;
    char *out = arena_try_alloc(a, s.n * 2 + 4);
    size_t n = 0;
    if (!out)
        return false;
    for (size_t i = 2; i + 1 < s.n; i += 2) {
        uint32_t cp = (uint32_t)(unsigned char)s.p[i + !big] << 8 | (unsigned char)s.p[i + big];
        if (cp >= 0xD800 && cp < 0xDC00 && i + 3 < s.n) {
            uint32_t low = (uint32_t)(unsigned char)s.p[i + 2 + !big] << 8 | (unsigned char)s.p[i + 2 + big];
            if (low >= 0xDC00 && low < 0xE000) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        if (cp >= 0xD800 && cp < 0xE000)
            cp = 0xFFFD;
        n += utf8_encode(cp, out + n);
    }
    *ret = (struct str){.p = out, .n = n};
    return true;
}

static bool from_cp1252(struct arena *a, struct str s, struct str *ret)
{
    char *out = arena_try_alloc(a, s.n * 3 + 1);
    size_t n = 0;
    if (!out)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t cp = c >= 0x80 && c < 0xA0 ? (CP1252[c - 0x80] ? CP1252[c - 0x80] : 0xFFFD) : c;
        n += utf8_encode(cp, out + n);
    }
    *ret = (struct str){.p = out, .n = n};
    return true;
}

/* The byte of Windows-1252 (undefined ones: as in ISO 8859-1) that the letter stands for, -1 when there is none. */
static int byte_of(uint32_t cp)
{
    if (cp >= 0x80 && cp <= 0xFF)
        return (int)cp;
    for (int i = 0; i < 32; i++)
        if (CP1252[i] == cp)
            return 0x80 + i;
    return -1;
}

/* A run of letters beyond ASCII that are bytes of UTF-8: written to out, its length; 0 when it is not. */
static size_t repair_run(struct str s, size_t from, size_t to, char *out)
{
    size_t n = 0;
    for (size_t i = from; i < to;) {
        uint32_t cp;
        i += utf8_decode(str_sub(s, i, to), &cp);
        int b = byte_of(cp);
        if (b < 0)
            return 0;
        out[n++] = (char)b;
    }
    return n >= 2 && utf8_valid_prefix((struct str){.p = out, .n = n}) == n ? n : 0;
}

/* Twice encoded runs brought back; their number. */
static size_t repair(struct arena *a, struct str s, struct str *ret)
{
    char *out = arena_try_alloc(a, s.n + 1);
    size_t n = 0, runs = 0;
    *ret = s;
    if (!out)
        return 0;
    for (size_t i = 0; i < s.n;) {
        if ((unsigned char)s.p[i] < 0x80) {
            out[n++] = s.p[i++];
            continue;
        }
        size_t to = i;
        while (to < s.n && (unsigned char)s.p[to] >= 0x80)
            to++;
        size_t fixed = repair_run(s, i, to, out + n);
        if (fixed) {
            n += fixed;
            runs++;
        } else {
            memcpy(out + n, s.p + i, to - i);
            n += to - i;
        }
        i = to;
    }
    if (runs)
        *ret = (struct str){.p = out, .n = n};
    return runs;
}

static float columns(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\t' ? TEXT_TAB_COLUMNS : ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return (float)n;
}

static int lines_make(struct doc *d, struct err *err)
{
    struct str rest = d->text, line;
    unsigned page = 0;
    while (str_next_line(&rest, &line)) {
        struct str text = str_trim(line);
        size_t from = (size_t)(line.p - d->text.p), indent = text.n ? (size_t)(text.p - line.p) : 0;
        struct doc_line l = {.from = from,
                             .to = from + line.n,
                             .page = page,
                             .left = columns(str_sub(line, 0, indent)),
                             .right = columns((struct str){.p = line.p, .n = indent + text.n})};
        int rc = doc_add_span(d, &l, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Markdown shows itself by headings. */
static bool looks_markdown(struct str text)
{
    struct str rest = text, line;
    size_t headings = 0;
    while (str_next_line(&rest, &line)) {
        size_t n = 0;
        while (n < line.n && line.p[n] == '#')
            n++;
        headings += n >= 1 && n <= 6 && n + 1 < line.n && line.p[n] == ' ';
    }
    return headings >= 1;
}

int resume_read_text(struct arena *a, struct str bytes, enum doc_format format, struct str *ret, struct err *err)
{
    if (bytes.n > DOC_TEXT_MAX_BYTES)
        return doc_refuse(err, DOC_TOO_MUCH_TEXT, NULL);
    struct str text = bytes;
    const char *note = NULL, *detail = NULL;
    bool wide = bytes.n >= 2 && (memcmp(bytes.p, "\xFF\xFE", 2) == 0 || memcmp(bytes.p, "\xFE\xFF", 2) == 0);
    if (wide) {
        if (!from_utf16(a, bytes, &text))
            return err_set(err, ERR_MEMORY, "the text needs more memory than its limit");
    } else if (utf8_valid_prefix(bytes) != bytes.n) {
        if (!is_text(bytes))
            return doc_refuse(err, DOC_NOT_A_DOCUMENT, NULL);
        if (!from_cp1252(a, bytes, &text))
            return err_set(err, ERR_MEMORY, "the text needs more memory than its limit");
        note = "windows_1252";
        detail = "the text is not UTF-8; it was read as Windows-1252";
    }
    if (!is_text(text))
        return doc_refuse(err, DOC_NOT_A_DOCUMENT, NULL);
    struct str fixed;
    if (repair(a, text, &fixed) >= 1) {
        text = fixed;
        note = "mojibake_repaired";
        detail = "letters were encoded twice and brought back";
    }
    if (format == 0)
        format = looks_markdown(text) ? DOC_FORMAT_MARKDOWN : DOC_FORMAT_TEXT;
    struct doc d;
    doc_init(&d, a, format);
    d.text = text;
    int rc = lines_make(&d, err);
    if (rc == 0)
        rc = resume_read_noted(a, &d, note, detail, ret, err);
    doc_fini(&d);
    return rc;
}
