/* Résumés in the shapes that people have. */
#include "resume_fixture.h"

static void let_go(struct arena *a)
{
    arena_fini(a);
    free(a);
}

Test(resume, company_first_dates_right_wrapped_text)
{
    struct arena *a = fixture_arena();
    yyjson_val *r = fixture_read(a, "JANE ANN SMITH\n"
                                    "123 Main Street, Springfield, IL 62701 | (217) 555-0188 | jane.smith@example.com "
                                    "| linkedin.com/in/janesmith\n\n"
                                    "PROFESSIONAL SUMMARY\n"
                                    "Operations manager with 12 years of experience in warehousing and last-mile\n"
                                    "logistics. Known for cutting cost without cutting corners, and for teams that\n"
                                    "stay.\n\n"
                                    "WORK EXPERIENCE\n\n"
                                    "Acme Logistics, Inc.                                   Chicago, IL\n"
                                    "Operations Manager                          March 2018 – Present\n"
                                    "• Lead a team of 45 across two shifts; cut overtime by 18% in the first year by\n"
                                    "  redesigning the roster\n"
                                    "• Manage a budget of $4.2M\n\n"
                                    "Midwest Freight Co.                                    Peoria, IL\n"
                                    "Shift Supervisor                            06/2012 - 02/2018\n"
                                    "• Supervised 20 people\n\n"
                                    "EDUCATION\n"
                                    "B.S. in Business Administration, University of Illinois, 2012\n"
                                    "GPA: 3.6\n\n"
                                    "SKILLS\n"
                                    "Software: SAP EWM, Excel, Tableau\n"
                                    "Leadership, Coaching\n");
    CHECK_AT(r, "/basics/name", "JANE ANN SMITH");
    CHECK_AT(r, "/basics/email", "jane.smith@example.com");
    CHECK_AT(r, "/basics/phone", "(217) 555-0188");
    CHECK_AT(r, "/basics/location/address", "123 Main Street");
    CHECK_AT(r, "/basics/location/city", "Springfield");
    CHECK_AT(r, "/basics/location/region", "IL");
    CHECK_AT(r, "/basics/profiles/0/username", "janesmith");
    CHECK_AT(r, "/basics/summary",
             "Operations manager with 12 years of experience in warehousing and last-mile logistics. Known for cutting "
             "cost without cutting corners, and for teams that stay.");
    CHECK_AT(r, "/work/0/name", "Acme Logistics, Inc.");
    CHECK_AT(r, "/work/0/position", "Operations Manager");
    CHECK_AT(r, "/work/0/location", "Chicago, IL");
    CHECK_AT(r, "/work/0/startDate", "2018-03");
    CHECK_AT(r, "/work/0/endDate", "");
    CHECK_AT(r, "/work/0/highlights/0",
             "Lead a team of 45 across two shifts; cut overtime by 18% in the first year by redesigning the roster");
    CHECK_AT(r, "/work/1/name", "Midwest Freight Co.");
    CHECK_AT(r, "/work/1/startDate", "2012-06");
    CHECK_AT(r, "/work/1/endDate", "2018-02");
    CHECK_AT(r, "/education/0/institution", "University of Illinois");
    CHECK_AT(r, "/education/0/studyType", "B.S.");
    CHECK_AT(r, "/education/0/area", "Business Administration");
    CHECK_AT(r, "/education/0/endDate", "2012");
    CHECK_AT(r, "/education/0/score", "3.6");
    CHECK_AT(r, "/skills/0/name", "Software");
    CHECK_AT(r, "/skills/0/keywords/2", "Tableau");
    CHECK_AT(r, "/skills/2/name", "Coaching");
    let_go(a);
}

Test(resume, markdown_with_links_and_emphasis)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "# Tomás Rivera\n\n**Senior Data Engineer** · Berlin, Germany · "
                        "[tomas@example.org](mailto:tomas@example.org) · [GitHub](https://github.com/trivera)\n\n"
                        "## Experience\n\n### Zeitgeist GmbH\n*Senior Data Engineer* | Jan 2020 – Present | "
                        "Berlin\n\n- Built the **event platform** (Kafka, Flink), 3 TB a day\n\n"
                        "### Contoso\n*Data Engineer* | 2017-03 to 2019-12\n\n- Moved ETL to Airflow\n\n## "
                        "Languages\n\nSpanish (native), German (C1)\n");
    CHECK_AT(r, "/basics/name", "Tomás Rivera");
    CHECK_AT(r, "/basics/label", "Senior Data Engineer");
    CHECK_AT(r, "/basics/email", "tomas@example.org");
    CHECK_AT(r, "/basics/profiles/0/url", "https://github.com/trivera");
    CHECK_AT(r, "/work/0/name", "Zeitgeist GmbH");
    CHECK_AT(r, "/work/0/position", "Senior Data Engineer");
    CHECK_AT(r, "/work/0/location", "Berlin");
    CHECK_AT(r, "/work/0/highlights/0", "Built the event platform (Kafka, Flink), 3 TB a day");
    CHECK_AT(r, "/work/1/startDate", "2017-03");
    CHECK_AT(r, "/work/1/endDate", "2019-12");
    CHECK_AT(r, "/languages/1/language", "German");
    CHECK_AT(r, "/languages/1/fluency", "C1");
    let_go(a);
}

Test(resume, german_with_dates_left)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "Lebenslauf\n\nAnna Müller\nSoftwareentwicklerin\nHauptstraße 12, 10115 Berlin\nTel.: 030 "
                        "12345678\nE-Mail: anna.mueller@example.de\n\n"
                        "Berufserfahrung\n\nSeit 03/2019   Softwareentwicklerin, Beispiel AG, München\n               "
                        "- Entwicklung von Microservices mit Java\n\n"
                        "10/2015 – 02/2019   Werkstudentin bei Muster GmbH\n               - Testautomatisierung\n\n"
                        "Ausbildung\n\n10/2012 – 09/2015   B.Sc. Informatik, TU München, Note: "
                        "1,7\n\nSprachen\nDeutsch (Muttersprache), Englisch (fließend)\n");
    CHECK_AT(r, "/x_import/language", "de");
    CHECK_AT(r, "/basics/name", "Anna Müller");
    CHECK_AT(r, "/basics/location/city", "Berlin");
    CHECK_AT(r, "/basics/phone", "030 12345678");
    CHECK_AT(r, "/work/0/name", "Beispiel AG");
    CHECK_AT(r, "/work/0/position", "Softwareentwicklerin");
    CHECK_AT(r, "/work/0/startDate", "2019-03");
    CHECK_AT(r, "/work/1/name", "Muster GmbH");
    CHECK_AT(r, "/work/1/endDate", "2019-02");
    CHECK_AT(r, "/education/0/institution", "TU München");
    CHECK_AT(r, "/education/0/score", "1,7");
    CHECK_AT(r, "/languages/0/fluency", "Muttersprache");
    let_go(a);
}

Test(resume, french_and_spanish)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a,
                     "Claire Dubois\nclaire@example.fr\n\nEXPÉRIENCE PROFESSIONNELLE\n\nDéveloppeuse, Société Générale "
                     "SA\njanvier 2019 – aujourd’hui\n- Développement d’API\n\nFORMATION\n\nMaster en Informatique, "
                     "Université de Lyon\n2014 – 2016\n\nLANGUES\nFrançais (langue maternelle), Anglais (courant)\n");
    CHECK_AT(r, "/x_import/language", "fr");
    CHECK_AT(r, "/work/0/startDate", "2019-01");
    CHECK_AT(r, "/work/0/position", "Développeuse");
    CHECK_AT(r, "/education/0/institution", "Université de Lyon");
    CHECK_AT(r, "/languages/0/language", "Français");
    r = fixture_read(a, "Luis García\nluis@example.es\n\nEXPERIENCIA LABORAL\n\nIngeniero de datos, Telefonía "
                        "Grupo\nmarzo de 2018 – actualidad\n- Tuberías de datos\n\nIDIOMAS\nInglés (avanzado)\n");
    CHECK_AT(r, "/x_import/language", "es");
    CHECK_AT(r, "/work/0/startDate", "2018-03");
    CHECK_AT(r, "/work/0/name", "Telefonía Grupo");
    let_go(a);
}

Test(resume, several_positions_under_one_employer)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "# Bo Berg\nbo@example.com\n\n## Experience\n\n### Nordwind Energy\n\n#### Lead Engineer\n2021 "
                        "– present\n\n- Led six people\n\n#### Engineer\n2018 – 2021\n\n- Built turbines' telemetry\n");
    CHECK_AT(r, "/work/0/name", "Nordwind Energy");
    CHECK_AT(r, "/work/0/position", "Lead Engineer");
    CHECK_AT(r, "/work/1/name", "Nordwind Energy");
    CHECK_AT(r, "/work/1/position", "Engineer");
    CHECK_AT(r, "/work/1/highlights/0", "Built turbines' telemetry");
    let_go(a);
}

Test(resume, unknown_sections_and_what_is_not_understood_are_kept)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "# Ada Byron\nada@example.com\n\n## Experience\n\n### Analyst, Engine Works\n2019 – 2021 · (2 "
                        "yrs 3 mos)\n\n- Wrote the notes\n\n## Beekeeping\n\nTwelve hives behind the house.\n");
    CHECK_AT(r, "/x_sections/0/title", "Beekeeping");
    CHECK_AT(r, "/x_sections/0/text/0", "Twelve hives behind the house.");
    bool noted = false;
    size_t i, n;
    yyjson_val *note;
    yyjson_arr_foreach(yyjson_ptr_get(r, "/x_import/notes"), i, n, note) noted =
        noted || str_find(json_get_str(note, "text"), STR("2 yrs")) >= 0;
    cr_expect(noted, "the duration is neither a value nor a note");
    let_go(a);
}

Test(resume, values_carry_their_place_in_the_file)
{
    static const char TEXT[] =
        "Ada Byron\nada@example.com\n\nEXPERIENCE\n\nAnalyst, Engine Works Ltd\n2019 – 2021\n- Wrote the notes\n";
    struct arena *a = fixture_arena();
    struct str json;
    struct err err;
    struct profile *p;
    cr_assert_eq(resume_read_text(a, str_of(TEXT), DOC_FORMAT_TEXT, &json, &err), 0);
    cr_assert_eq(profile_read(a, json, &p, &err), 0);
    bool found = false;
    for (size_t i = 0; i < p->atoms_n; i++) {
        const struct source_ref *s = &p->atoms[i].source;
        if (!str_eqc(p->atoms[i].pointer, "/work/0/highlights/0"))
            continue;
        found = true;
        cr_expect_eq(s->line, 8);
        cr_expect(str_eqc((struct str){TEXT + s->start, s->end - s->start}, "Wrote the notes"));
    }
    cr_expect(found);
    cr_expect_not(profile_states(p, STR("not_understood")));
    let_go(a);
}

Test(resume, right_to_left_and_emoji_survive)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "משה כהן\nmoshe@example.com\n\nEXPERIENCE\n\nEngineer, Delta Ltd\n2019 – 2021\n- בניתי מערכת "
                        "הפצה 🚀👩‍💻\n- Shipped ✨\n\nSKILLS\nGo, عربي\n");
    CHECK_AT(r, "/basics/name", "משה כהן");
    CHECK_AT(r, "/work/0/highlights/0", "בניתי מערכת הפצה 🚀👩‍💻");
    CHECK_AT(r, "/skills/1/name", "عربي");
    let_go(a);
}

Test(resume, twice_encoded_text_is_repaired_with_a_note)
{
    struct arena *a = fixture_arena();
    yyjson_val *r = fixture_read(
        a,
        "JÃ¼rgen MÃ¼ller\nj@example.com\n\nEXPERIENCE\n\nEngineer, StraÃŸenbau GmbH\n2019 â€“ 2021\n- Built roads\n");
    CHECK_AT(r, "/basics/name", "Jürgen Müller");
    CHECK_AT(r, "/work/0/name", "Straßenbau GmbH");
    CHECK_AT(r, "/x_import/notes/0/code", "mojibake_repaired");
    r = fixture_read(
        a, "J\xFCrgen M\xFCller\nj@example.com\n\nEXPERIENCE\n\nEngineer, Bau GmbH\n2019 \x96 2021\n- Built roads\n");
    CHECK_AT(r, "/basics/name", "Jürgen Müller");
    CHECK_AT(r, "/work/0/endDate", "2021");
    CHECK_AT(r, "/x_import/notes/0/code", "windows_1252");
    let_go(a);
}

Test(resume, each_refusal_has_its_verdict)
{
    static const char TWO[] =
        "Jane Doe\njane.doe@example.com\n\nEXPERIENCE\nEngineer, Acme Inc\n2019 – 2021\n- Built\n\n"
        "John Smith\njohn.smith@example.com\n\nEXPERIENCE\nManager, Beta LLC\n2015 – 2018\n- Managed\n";
    static const char PAIR[] =
        "Jane Doe & John Smith\njane.doe@example.com\n\nEXPERIENCE\nEngineer, Acme Inc\n2019 – 2021\n";
    static const char REFERENCE[] = "Jane Doe\njane.doe@example.com\n\nEXPERIENCE\nEngineer, Acme Inc\n2019 – 2021\n- "
                                    "Built\n\nREFERENCES\nJohn Smith\njohn.smith@example.com\n";
    static const char LOST[] = "J\xEF\xBF\xBDrg M\xEF\xBF\xBDller \xEF\xBF\xBD\xEF\xBF\xBD\n\nEXPERIENCE\nB\xEF\xBF\xBD"
                               "cker\n";
    static const char BINARY[] = "\x00\x01\x02\xFF\xFE\x80"
                                 "binary\x00\x00";
    cr_expect_eq(fixture_refused("  \n\n ", 5), DOC_EMPTY);
    cr_expect_eq(fixture_refused(TWO, sizeof(TWO) - 1), DOC_TWO_PEOPLE);
    cr_expect_eq(fixture_refused(PAIR, sizeof(PAIR) - 1), DOC_TWO_PEOPLE);
    cr_expect_eq(fixture_refused(REFERENCE, sizeof(REFERENCE) - 1), DOC_READ);
    cr_expect_eq(fixture_refused(LOST, sizeof(LOST) - 1), DOC_GARBLED);
    cr_expect_eq(fixture_refused(BINARY, sizeof(BINARY) - 1), DOC_NOT_A_DOCUMENT);
    cr_expect_eq(fixture_refused("Dear diary, today it rained.\n", 29), DOC_NOT_A_RESUME);
}

Test(resume, fresh_becomes_json_resume)
{
    struct arena *a = fixture_arena();
    struct str json;
    struct err err = {0};
    yyjson_val *r;
    cr_assert_eq(
        resume_read_json(
            a,
            STR("{\"name\":\"Jo "
                "March\",\"meta\":{\"format\":\"FRESH@0.6.0\"},\"contact\":{\"email\":\"jo@example.com\"},"
                "\"employment\":{\"history\":[{\"employer\":\"Spread "
                "Eagle\",\"position\":\"Writer\",\"start\":\"2019-01\",\"highlights\":[\"Wrote\"]}]},"
                "\"skills\":{\"sets\":[{\"name\":\"Prose\",\"skills\":[\"Plays\"]}]},\"disposition\":{\"travel\":25}}"),
            &json, &err),
        0, "%s", err.msg);
    cr_assert_eq(json_parse(a, json, &r, NULL, &err), 0);
    CHECK_AT(r, "/basics/name", "Jo March");
    CHECK_AT(r, "/work/0/name", "Spread Eagle");
    CHECK_AT(r, "/skills/0/keywords/0", "Plays");
    cr_expect_not_null(yyjson_ptr_get(r, "/x_fresh_disposition/travel"));
    let_go(a);
}

Test(resume, italian_portuguese_and_dutch_headings)
{
    struct arena *a = fixture_arena();
    yyjson_val *r =
        fixture_read(a, "Giulia Conti\ngiulia@example.it\n\nESPERIENZA LAVORATIVA\n\nAnalista, Banca Intesa\n"
                        "gennaio 2019 – oggi\n- Modelli di rischio\n\nLINGUE\nInglese (C1)\n");
    CHECK_AT(r, "/x_import/language", "it");
    CHECK_AT(r, "/work/0/startDate", "2019-01");
    r = fixture_read(
        a, "Sanne Bakker\nsanne@example.nl\n\nWERKERVARING\n\nDeveloper, Polder BV\nmaart 2018 – heden\n- Bouwde\n");
    CHECK_AT(r, "/x_import/language", "nl");
    CHECK_AT(r, "/work/0/startDate", "2018-03");
    let_go(a);
}

Test(resume, a_colleague_in_the_text_is_no_second_owner)
{
    static const char TEXT[] =
        "Jane Doe\njane.doe@example.com\n\nEXPERIENCE\nEngineer, Acme Inc\n2019 – 2021\n- Built\n\nPROJECTS\n"
        "Ledger\nPaul Okafor\npaul@example.com\n- Built with him\n";
    cr_expect_eq(fixture_refused(TEXT, sizeof(TEXT) - 1), DOC_READ);
}
