"""Documents by hand: PDFs of lines at places, and résumés laid out in the ways that people have."""
import io
import textwrap

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def pdf_of(pages, image=False, body=None):
    """A PDF; pages are lists of (x, y from the top, size, bold, text)."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"]
    resources = b"<< /Font << /F1 3 0 R /F2 4 0 R >>"
    if image:
        objects.append(b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\nx\nendstream")
        resources += b" /XObject << /I 5 0 R >>"
    resources += b" >>"
    kids = []
    for lines in pages:
        ops = [b"q 500 0 0 700 40 40 cm /I Do Q"] if image else []
        for x, y, size, bold, text in lines:
            raw = text.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
            ops.append(b"BT /F%d %d Tf %d %d Td (%s) Tj ET" % (2 if bold else 1, size, x, 842 - y, raw))
        stream = body if body is not None else b"\n".join(ops)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources %s /Contents %d 0 R >>" % (resources, len(objects)))
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for i, o in enumerate(objects):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (i + 1, o))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % p for p in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


# --- a résumé as a list of lines: (kind, left, right) ------------------------------------------------------------------------------


def date_of(text, form):
    if not text:
        return ""
    year, month = text[:4], int(text[5:7]) if len(text) >= 7 else 0
    if not month:
        return year
    return [f"{MONTHS[month - 1]} {year}", f"{month:02d}/{year}", f"{year}-{month:02d}"][form]


def dates_of(entry, form):
    start, end = date_of(entry.get("startDate", ""), form), date_of(entry.get("endDate", ""), form)
    if not start:
        return end
    dash = [" – ", " - ", " to "][form]
    return start + dash + (end or ["Present", "present", "now"][form])


def lines_of(resume, rng):
    """The résumé in one of the shapes there are: names, titles, dates, highlights as they are, the order and the marks by chance."""
    b, form = resume["basics"], rng.randrange(3)
    company_first, dates_right, upper = rng.random() < 0.5, rng.random() < 0.6, rng.random() < 0.5
    titles = {"work": rng.choice(["Experience", "Work Experience", "Employment History", "Professional Experience"]), "education": rng.choice(["Education", "Academic Background"]),
              "skills": rng.choice(["Skills", "Technical Skills", "Core Competencies"]), "summary": rng.choice(["Summary", "Profile", "About Me"])}
    out = [("name", b["name"], "")]
    if b.get("label"):
        out.append(("plain", b["label"], ""))
    place = ", ".join(x for x in ((b.get("location") or {}).get("city"), (b.get("location") or {}).get("region")) if x)
    contact = [x for x in (b.get("email"), b.get("phone"), place, b.get("url")) if x]
    out.append(("plain", rng.choice([" | ", " · ", " • "]).join(contact), ""))

    def heading(key):
        out.append(("heading", titles[key].upper() if upper else titles[key], ""))
    if b.get("summary"):
        heading("summary")
        out.append(("text", b["summary"], ""))
    if resume.get("work"):
        heading("work")
        for w in resume["work"]:
            name, title, when = w.get("name") or w.get("company", ""), w.get("position", ""), dates_of(w, form)
            first, second = (name, title) if company_first else (title, name)
            first, second = (first, second) if first else (second, "")
            out.append(("entry", first, when if dates_right else ""))
            if second:
                out.append(("plain", second, ""))
            if not dates_right and when:
                out.append(("plain", when, ""))
            for h in w.get("highlights", []):
                out.append(("bullet", h, ""))
    if resume.get("education"):
        heading("education")
        for e in resume["education"]:
            degree = " in ".join(x for x in (e.get("studyType"), e.get("area")) if x)
            first, second = (degree, e.get("institution", "")) if degree else (e.get("institution", ""), "")
            out.append(("entry", first, dates_of(e, form) if dates_right else ""))
            if second:
                out.append(("plain", second, ""))
            if not dates_right and dates_of(e, form):
                out.append(("plain", dates_of(e, form), ""))
    if resume.get("skills"):
        heading("skills")
        for s in resume["skills"]:
            words = s.get("keywords") or []
            out.append(("bullet" if rng.random() < 0.5 else "plain", f"{s['name']}: {', '.join(words)}" if words else s["name"], ""))
    return out


def as_text(lines, rng):
    width, bullet, out = rng.choice([76, 88, 100]), rng.choice(["-", "•", "*"]), []
    for kind, left, right in lines:
        if kind == "heading":
            out += ["", left] + (["-" * len(left)] if rng.random() < 0.3 else []) + [""]
        elif kind == "entry":
            out += ["" if out and out[-1] else None, left + (" " * max(4, width - len(left) - len(right)) + right if right else "")]
        elif kind == "bullet":
            out += textwrap.wrap(left, width, initial_indent=f"{bullet} ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        else:
            out += textwrap.wrap(left, width, break_long_words=False, break_on_hyphens=False) if kind == "text" else [left]
    return "\n".join(x for x in out if x is not None).encode() + b"\n"


def as_markdown(lines, rng):
    mark, out = rng.choice(["### ", "**"]), []
    for kind, left, right in lines:
        safe = left.replace("*", "\\*").replace("_", "\\_").replace("[", "\\[")
        if kind == "name":
            out += [f"# {safe}", ""]
        elif kind == "heading":
            out += ["", f"## {safe}", ""]
        elif kind == "entry":
            out += ["", (f"### {safe}" if mark == "### " else f"**{safe}**") + (f" | {right}" if right else "")]
        elif kind == "bullet":
            out.append(f"- {safe}")
        else:
            out += [safe, ""]
    return "\n".join(out).encode() + b"\n"


def as_docx(lines, rng, docx):
    d, out = docx.Document(), io.BytesIO()
    for kind, left, right in lines:
        if kind in ("name", "heading"):
            d.add_heading(left, 0 if kind == "name" else 1)
        elif kind == "bullet":
            d.add_paragraph(left, style="List Bullet")
        else:
            p = d.add_paragraph()
            p.add_run(left).bold = kind == "entry"
            if right:
                p.add_run("\t" + right)
    d.save(out)
    return out.getvalue()


def as_pdf(lines, rng):
    size, margin, pages, page, y = rng.choice([9, 10]), 50, [], [], 50

    def put(x, text, bold, points):
        nonlocal y, page
        if y > 790:
            pages.append(page)
            page, y = [], 50
        page.append((x, y, points, bold, text))
    for kind, left, right in lines:
        if kind == "heading":
            y += size
        if kind == "entry":
            y += size // 2
        bullet = kind == "bullet"
        points = 18 if kind == "name" else size + 2 if kind == "heading" else size
        wrapped = textwrap.wrap(left, 95 if size == 9 else 86, break_long_words=False, break_on_hyphens=False) if kind in ("text", "bullet") else [left]
        for i, text in enumerate(wrapped):
            put(margin + (12 if bullet else 0) + (8 if bullet and i else 0), ("• " if bullet and i == 0 else "") + text, kind in ("heading", "entry", "name"), points)
            if right and i == 0:
                put(545 - int(len(right) * size * 0.5), right, False, size)
            y += points + 3
    pages.append(page)
    return pdf_of(pages)
