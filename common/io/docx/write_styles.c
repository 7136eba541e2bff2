/* The parts of a package that say how it looks, and what it is. */
#include <stdio.h>

#include "base/utf8.h"
#include "io/docx/docx_parts.h"

#define XML  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define PART "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define REL  "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

const char docx_part_types[] =
    XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Override PartName=\"/word/document.xml\" ContentType=\"" PART "document.main+xml\"/>"
        "<Override PartName=\"/word/styles.xml\" ContentType=\"" PART "styles+xml\"/>"
        "<Override PartName=\"/word/numbering.xml\" ContentType=\"" PART "numbering+xml\"/>"
        "<Override PartName=\"/word/settings.xml\" ContentType=\"" PART "settings+xml\"/>"
        "<Override PartName=\"/docProps/core.xml\" "
        "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
        "<Override PartName=\"/docProps/app.xml\" "
        "ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/></Types>";

const char docx_part_root[] =
    XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        "<Relationship Id=\"rId1\" Type=\"" REL "officeDocument\" Target=\"word/document.xml\"/>"
        "<Relationship Id=\"rId2\" "
        "Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" "
        "Target=\"docProps/core.xml\"/>"
        "<Relationship Id=\"rId3\" Type=\"" REL "extended-properties\" Target=\"docProps/app.xml\"/></Relationships>";

const char docx_part_app[] =
    XML "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">"
        "<Application>jobmill</Application></Properties>";

const char docx_part_numbering[] =
    XML "<w:numbering " MAIN "><w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"hybridMultilevel\"/>"
        "<w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"bullet\"/><w:pStyle w:val=\"ListBullet\"/>"
        "<w:lvlText w:val=\"•\"/><w:lvlJc w:val=\"left\"/>"
        "<w:pPr><w:ind w:left=\"284\" w:hanging=\"227\"/></w:pPr></w:lvl></w:abstractNum>"
        "<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>";

const char docx_part_settings[] =
    XML "<w:settings " MAIN "><w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"720\"/><w:compat>"
        "<w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" "
        "w:val=\"15\"/></w:compat></w:settings>";

#define FONTS "<w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:eastAsia=\"Calibri\" w:cs=\"Calibri\"/>"

/* id, name, based on, next, paragraph properties, character properties */
static const struct {
    const char *id, *name, *next, *paragraph, *run;
} STYLES[] = {
    {"Title", "Title", "Normal", "<w:spacing w:after=\"0\"/>",
     "<w:b/><w:color w:val=\"1A3354\"/><w:sz w:val=\"48\"/><w:szCs w:val=\"48\"/>"},
    {"Subtitle", "Subtitle", "Normal", "<w:spacing w:after=\"40\"/>",
     "<w:color w:val=\"455466\"/><w:sz w:val=\"26\"/><w:szCs w:val=\"26\"/>"},
    {"Contact", "Contact", "Normal", "<w:spacing w:before=\"40\" w:after=\"60\"/>",
     "<w:color w:val=\"454D57\"/><w:sz w:val=\"20\"/><w:szCs w:val=\"20\"/>"},
    {"Heading1", "heading 1", "Normal",
     "<w:keepNext/><w:keepLines/><w:pBdr><w:bottom w:val=\"single\" w:sz=\"6\" w:space=\"1\" "
     "w:color=\"9EABBA\"/></w:pBdr>"
     "<w:spacing w:before=\"260\" w:after=\"80\"/><w:outlineLvl w:val=\"0\"/>",
     "<w:b/><w:color w:val=\"1A3354\"/><w:sz w:val=\"26\"/><w:szCs w:val=\"26\"/>"},
    {"Heading2", "heading 2", "Normal", NULL, "<w:sz w:val=\"23\"/><w:szCs w:val=\"23\"/>"},
    {"Details", "Details", "Normal", "<w:keepNext/><w:spacing w:after=\"20\"/>",
     "<w:color w:val=\"4D545E\"/><w:sz w:val=\"20\"/><w:szCs w:val=\"20\"/>"},
    {"ListBullet", "List Bullet", "ListBullet",
     "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr><w:spacing w:before=\"40\" w:after=\"0\"/>"
     "<w:ind w:left=\"284\" w:hanging=\"227\"/>",
     ""},
};

static void add_style(const struct sheet *d, size_t i, struct buf *out)
{
    buf_addf(out,
             "<w:style w:type=\"paragraph\"%s w:styleId=\"%s\"><w:name w:val=\"%s\"/><w:basedOn w:val=\"Normal\"/>"
             "<w:next w:val=\"%s\"/><w:qFormat/><w:pPr>",
             strcmp(STYLES[i].id, "Contact") == 0 || strcmp(STYLES[i].id, "Details") == 0 ? " w:customStyle=\"1\"" : "",
             STYLES[i].id, STYLES[i].name, STYLES[i].next);
    if (STYLES[i].paragraph)
        buf_adds(out, STYLES[i].paragraph);
    else /* dates at the right margin */
        buf_addf(out,
                 "<w:keepNext/><w:keepLines/><w:tabs><w:tab w:val=\"right\" w:pos=\"%d\"/></w:tabs>"
                 "<w:spacing w:before=\"160\" w:after=\"0\"/><w:outlineLvl w:val=\"1\"/>",
                 d->paper == SHEET_LETTER ? 12240 - 2 * 1120 : 11906 - 2 * 1120);
    buf_addf(out, "</w:pPr><w:rPr>%s</w:rPr></w:style>", STYLES[i].run);
}

void docx_part_styles(const struct sheet *d, struct buf *out)
{
    struct str language = d->language.n && d->language.n <= 35 ? d->language : STR("en");
    if (str_eqc(language, "en"))
        language = d->paper == SHEET_LETTER ? STR("en-US") : STR("en-GB");
    buf_adds(out, XML "<w:styles " MAIN "><w:docDefaults><w:rPrDefault><w:rPr>" FONTS
                      "<w:sz w:val=\"22\"/><w:szCs w:val=\"22\"/><w:lang w:val=\"");
    docx_add_xml(out, language);
    buf_adds(out, "\"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before=\"0\" w:after=\"40\" "
                  "w:line=\"252\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>"
                  "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/>"
                  "<w:qFormat/><w:pPr><w:widowControl/></w:pPr></w:style>"
                  "<w:style w:type=\"character\" w:default=\"1\" w:styleId=\"DefaultParagraphFont\">"
                  "<w:name w:val=\"Default Paragraph Font\"/></w:style>");
    for (size_t i = 0; i < ARRAY_LEN(STYLES); i++)
        add_style(d, i, out);
    buf_adds(out, "<w:style w:type=\"character\" w:styleId=\"Hyperlink\"><w:name w:val=\"Hyperlink\"/><w:rPr>"
                  "<w:color w:val=\"1F4E8C\"/></w:rPr></w:style></w:styles>");
}

void docx_part_core(const struct sheet *d, struct buf *out)
{
    struct sheet_date day = d->date.y ? d->date : (struct sheet_date){.y = 2000, .m = 1, .d = 1};
    char date[48];
    snprintf(date, sizeof(date), "%04d-%02d-%02dT00:00:00Z", day.y % 10000, day.m % 100, day.d % 100);
    buf_adds(out, XML "<cp:coreProperties "
                      "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
                      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" "
                      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    docx_add_xml(out, d->title);
    buf_adds(out, "</dc:title><dc:creator>");
    docx_add_xml(out, d->author);
    buf_adds(out, "</dc:creator><dc:language>");
    docx_add_xml(out, d->language);
    buf_addf(out,
             "</dc:language><dcterms:created xsi:type=\"dcterms:W3CDTF\">%s</dcterms:created>"
             "<dcterms:modified xsi:type=\"dcterms:W3CDTF\">%s</dcterms:modified></cp:coreProperties>",
             date, date);
}
