/* Fonts. Configurations of our own (the system's font folders and caches, nothing else) instead of the machine's: no
 * user setting, alias or hinting rule changes a document. There are two: the few fonts that most documents need, which
 * are looked through in no time, and all that are installed, for the documents in which these lack a character. Each is
 * made once per process and never changed; font maps are not thread-safe, so each thread makes its own and frees them
 * when it ends. */
#include "io/pdf/pdf_int.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>
#include <pthread.h>

#include "base/utf8.h"

#define FONTS_XML(dirs)                                                                                                \
    "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\"><fontconfig>" dirs                \
    "<cachedir>/var/cache/fontconfig</cachedir><cachedir prefix=\"xdg\">fontconfig</cachedir></fontconfig>"

static const char *const SETS[] = {
    [PDF_FONTS_FEW] = FONTS_XML("<dir>/usr/share/fonts/truetype/crosextra</dir>"
                                "<dir>/usr/share/fonts/truetype/open-sans</dir>"
                                "<dir>/usr/share/fonts/truetype/dejavu</dir>"),
    [PDF_FONTS_ALL] = FONTS_XML("<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>"),
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FONTS_LEAK_CHECKED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FONTS_LEAK_CHECKED 1
#endif
#ifdef FONTS_LEAK_CHECKED
/* fontconfig's patterns hold offsets instead of pointers: a leak checker takes what they lead to for lost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}
#endif

/* By preference; scale makes their lower case equally high. */
static const struct {
    const char *family;
    double scale;
} FAMILIES[] = {{"Carlito", 1.0}, {"Open Sans", 0.87}, {"Noto Sans", 0.87}, {"DejaVu Sans", 0.85}};
static const char FAMILY_LIST[] = "Carlito,Open Sans,Noto Sans,DejaVu Sans,Droid Sans Fallback";

static struct {
    FcConfig *config;
    double scale; /* 0: there is no font in it */
} fonts_sets[PDF_FONTS_SETS];
static pthread_once_t fonts_once[PDF_FONTS_SETS] = {PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT};
static pthread_once_t fonts_key_once = PTHREAD_ONCE_INIT;
static pthread_key_t fonts_key; /* a thread's struct pdf_fonts[PDF_FONTS_SETS] */

static void fonts_free(void *p)
{
    struct pdf_fonts *f = p;
    for (int i = 0; i < PDF_FONTS_SETS; i++)
        if (f[i].map)
            g_object_unref(f[i].map);
    free(f);
}

static double fonts_scale_of(FcConfig *config)
{
    const FcFontSet *all = FcConfigGetFonts(config, FcSetSystem);
    for (size_t f = 0; all && f < ARRAY_LEN(FAMILIES); f++)
        for (int i = 0; i < all->nfont; i++) {
            FcChar8 *name = NULL;
            if (FcPatternGetString(all->fonts[i], FC_FAMILY, 0, &name) == FcResultMatch &&
                strcmp((const char *)name, FAMILIES[f].family) == 0)
                return FAMILIES[f].scale;
        }
    return all && all->nfont > 0 ? 0.9 : 0;
}

static void fonts_set_make(enum pdf_fonts_set set)
{
    FcConfig *config = FcConfigCreate();
    if (!config)
        return;
    if (FcConfigParseAndLoadFromMemory(config, (const FcChar8 *)SETS[set], FcFalse) && FcConfigBuildFonts(config)) {
        fonts_sets[set].config = config;
        fonts_sets[set].scale = fonts_scale_of(config);
    } else {
        FcConfigDestroy(config);
    }
}

/* It also becomes fontconfig's own configuration: else pango would have the machine's read, which costs more than a
 * document. */
static void fonts_few_make(void)
{
    fonts_set_make(PDF_FONTS_FEW);
    if (fonts_sets[PDF_FONTS_FEW].config)
        FcConfigSetCurrent(fonts_sets[PDF_FONTS_FEW].config);
}

static void fonts_all_make(void)
{
    fonts_set_make(PDF_FONTS_ALL);
}

static void fonts_key_make(void)
{
    if (pthread_key_create(&fonts_key, fonts_free) != 0)
        abort();
}

int pdf_fonts_borrow(enum pdf_fonts_set set, const struct pdf_fonts **ret, struct err *err)
{
    pthread_once(&fonts_key_once, fonts_key_make);
    pthread_once(&fonts_once[set], set == PDF_FONTS_FEW ? fonts_few_make : fonts_all_make);
    if (fonts_sets[set].scale <= 0)
        return set == PDF_FONTS_ALL
                   ? err_set(err, ERR_UNAVAILABLE, "no font is installed: apt-get install fonts-dejavu-core")
                   : pdf_fonts_borrow(PDF_FONTS_ALL, ret, err);
    struct pdf_fonts *f = pthread_getspecific(fonts_key);
    if (!f) {
        f = calloc(PDF_FONTS_SETS, sizeof(*f));
        if (!f || pthread_setspecific(fonts_key, f) != 0) {
            free(f);
            return err_set(err, ERR_MEMORY, "no memory left for fonts");
        }
    }
    if (!f[set].map) {
        f[set] = (struct pdf_fonts){.map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT),
                                    .families = FAMILY_LIST,
                                    .scale = fonts_sets[set].scale};
        pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(f[set].map), fonts_sets[set].config);
        pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(f[set].map), 72);
    }
    *ret = &f[set];
    return 0;
}

static const char *package_of(uint32_t cp)
{
    switch (g_unichar_get_script(cp)) {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_HANGUL:
    case G_UNICODE_SCRIPT_BOPOMOFO:
        return "fonts-noto-cjk";
    default:
        return "fonts-noto-core or fonts-noto-extra";
    }
}

int pdf_fonts_missing(uint32_t cp, struct err *err)
{
    char text[8];
    text[utf8_encode(cp, text)] = 0;
    return err_set(err, ERR_UNSUPPORTED, "no installed font has “%s” (U+%04X): install %s, or take docx", text,
                   (unsigned)cp, package_of(cp));
}

bool pdf_fonts_may_leave_out(uint32_t cp)
{
    switch (g_unichar_type(cp)) {
    case G_UNICODE_OTHER_SYMBOL:
    case G_UNICODE_MODIFIER_SYMBOL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_CONTROL:
    case G_UNICODE_PRIVATE_USE:
        return true;
    case G_UNICODE_ENCLOSING_MARK:
        return true;
    default:
        return false;
    }
}
