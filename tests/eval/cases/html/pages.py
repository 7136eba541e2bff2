"""Pages of job postings, as many sites write them, from a seed: every one with its title, employer and body as they should be read.

The layouts follow what is usual on boards and career sites (a board with its own header, one with panels in a grid, one that a script
fills and that carries JSON-LD, government pages with tables, personal sites without any structure ...); the texts are written here.
"""
import html
import json
import random

COMPANIES = ["Ostrander Tools", "Blue Heron Credit Union", "Vantry GmbH", "Marlpit Energy", "Sisters of Mercy Clinic", "Kettle & Pine", "Orbweaver Labs", "City of Northgate", "Hollis Freight Inc.",
             "Tern Software", "Palisade Insurance", "Aranya Foods Ltd", "Quillwork", "Deepwater Institute", "Lantern Academy", "Brightside Dental Group"]
TITLES = ["Senior Software Engineer", "Registered Nurse, Intensive Care", "Warehouse Supervisor", "Staff Accountant", "Product Designer", "Middle School Science Teacher", "Data Analyst",
          "Line Cook", "HVAC Technician", "Marketing Manager", "DevOps Engineer", "Legal Assistant", "Mechanical Engineer II", "Customer Success Manager", "Machine Learning Engineer", "Electrician",
          "Research Associate (Biology)", "Human Resources Generalist", "Truck Driver - Regional", "Front-End Developer", "Bank Teller", "Pharmacy Technician", "UX Researcher", "Project Manager, Civil Works"]
PLACES = ["Portland, OR", "Berlin, Germany", "Remote (US)", "Leeds, UK", "Columbus, OH", "Toronto, Ontario", "Austin, TX", "Dublin, Ireland"]
ABOUT = ["{c} has worked for its neighbours since 1983, and still answers its own telephone.", "At {c}, two hundred people look after forty thousand customers.",
         "{c} is a small firm with patient owners & a long memory.", "{c} builds things that are meant to be repaired."]
INTRO = ["You will join a team of seven that plans its own week.", "The work is steady, and nobody is asked to guess.", "We hire slowly and keep people for a long time.",
         "The person who did this before was promoted; she will show you the ropes."]
DUTIES = ["Plan the week with the people who do the work", "Answer questions from customers within a day", "Keep the records complete and readable", "Train new colleagues in their first month",
          "Look for the cause and not for somebody to blame", "Report every Friday what was done & what was not", "Order what is needed before it runs out", "Write down what you learn",
          "Review the work of two colleagues", "Take part in the safety round on Mondays"]
ASKS = ["Three years of experience in a similar position", "A degree in the field, or equivalent experience", "Good written English", "The habit of checking twice", "A driver's license",
        "Experience with spreadsheets & reporting tools", "Patience with people and machines", "Willingness to travel once a month", "Knowledge of SQL (or the wish to learn it)", "Two references"]
WISHES = ["Spanish", "Experience in a regulated industry", "A certificate in project management", "Some Python"]
GIVES = ["Health insurance from the first day", "Twenty-five days of vacation", "A pension plan with 4% match", "A budget for courses", "Free coffee & a quiet room"]
LAW = "{c} is an equal opportunity employer and does not discriminate on the basis of race, color, religion, sex, age, disability or veteran status."
OTHERS = ["Night Auditor", "Forklift Operator", "Sales Associate", "Junior Developer", "Line Manager", "Receptionist"]


def posting(rng):
    c = rng.choice(COMPANIES)
    return {"title": rng.choice(TITLES), "company": c, "place": rng.choice(PLACES), "about": rng.choice(ABOUT).format(c=c), "intro": rng.choice(INTRO),
            "duties": rng.sample(DUTIES, rng.randint(3, 6)), "asks": rng.sample(ASKS, rng.randint(3, 6)), "wishes": rng.sample(WISHES, rng.randint(1, 3)),
            "gives": rng.sample(GIVES, rng.randint(2, 4)), "law": LAW.format(c=c), "heads": rng.choice([
                ("About us", "What you'll do", "Requirements", "Nice to have", "Benefits"), ("Who we are", "Responsibilities", "Qualifications", "Preferred qualifications", "What we offer"),
                ("The company", "Your role", "What you bring", "Bonus points", "Perks")])}


def e(text):
    return html.escape(text, quote=False)


def ul(items, mark="li"):
    return "<ul>" + "".join(f"<{mark}>{e(i)}</{mark}>" for i in items) + "</ul>"


def body_parts(p):
    """What a reader sees of the posting itself, in order."""
    h = p["heads"]
    return [h[0], p["about"], p["intro"], h[1], *p["duties"], h[2], *p["asks"], h[3], *p["wishes"], h[4], *p["gives"], p["law"]]


def sections(p, tag="h3"):
    h = [f"<{tag}>{e(x)}</{tag}>" for x in p["heads"]]
    return (f"{h[0]}<p>{e(p['about'])}</p><p>{e(p['intro'])}</p>{h[1]}{ul(p['duties'])}{h[2]}{ul(p['asks'])}{h[3]}{ul(p['wishes'])}{h[4]}{ul(p['gives'])}<p>{e(p['law'])}</p>")


def nav(p, rng):
    names = rng.sample(["Home", "Products", "Blog", "Press", "Investors", "Log in", "Locations", "Contact", "Life at " + p["company"]], 5)
    return "<nav class='site-nav'><ul>" + "".join(f"<li><a href='/{i}'>{e(n)}</a></li>" for i, n in enumerate(names)) + "</ul></nav>"


def cookies(rng):
    return rng.choice([
        "<div id='onetrust-consent-sdk'><div class='cookie-banner' role='dialog'><p>We use cookies to improve your experience on our site.</p><button>Accept all</button><button>Reject</button></div></div>",
        "<div class='cc-window cookie-consent'>This website uses cookies. <a href='/privacy'>Learn more</a> <a class='cc-btn'>Got it!</a></div>",
        "<section aria-label='Cookie notice' class='gdpr-notice'><h2>Your privacy</h2><p>We and our partners store information on your device.</p></section>"])


def similar(rng):
    jobs = rng.sample(OTHERS, 3)
    return rng.choice([
        "<section class='similar-jobs'><h2>Similar jobs</h2><ul>" + "".join(f"<li><a href='#'>{e(j)}</a> - Full time</li>" for j in jobs) + "</ul></section>",
        "<aside><h3>People also viewed</h3>" + "".join(f"<div class='card'><a>{e(j)}</a><span>Posted 3 days ago</span></div>" for j in jobs) + "</aside>",
        "<div class='related'><h3>More jobs at this company</h3>" + "".join(f"<p><a>{e(j)}</a></p>" for j in jobs) + "</div>"])


def footer(p):
    return f"<footer><p>&copy; 2026 {e(p['company'])}. All rights reserved.</p><ul><li>Privacy</li><li>Terms of use</li><li>Imprint</li></ul></footer>"


def apply_form():
    return "<form id='application'><h3>Apply for this job</h3><label>First name <input name='f'></label><label>Resume <input type='file'></label><button>Submit application</button></form>"


def page(head, body):
    return f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>{head}<style>.x{{color:red}}</style><script>var a = '<p>no</p>';</script></head><body>{body}</body></html>"


def greenhouse(p, rng):
    head = f"<title>Job Application for {e(p['title'])} at {e(p['company'])}</title>"
    body = (f"<div id='wrapper'><div id='main'><div id='app_body'><div id='header'><img alt='logo' src='l.png'><h1 class='app-title'>{e(p['title'])}</h1><span class='company-name'>at {e(p['company'])}</span>"
            f"<div class='location'>{e(p['place'])}</div></div><div id='content'>{sections(p)}</div>{apply_form()}</div></div></div>")
    return page(head, body), [p["title"], "at " + p["company"], p["place"]] + body_parts(p)


def lever(p, rng):
    head = f"<title>{e(p['company'])} - {e(p['title'])}</title><meta property='og:title' content='{e(p['company'])} - {e(p['title'])}'>"
    lists = "".join(f"<div class='section page-centered'><div><h3>{e(n)}</h3><ul class='posting-requirements plain-list'>{''.join(f'<li>{e(i)}</li>' for i in items)}</ul></div></div>"
                    for n, items in zip(p["heads"][1:], (p["duties"], p["asks"], p["wishes"], p["gives"])))
    body = (f"<div class='page show'>{cookies(rng)}<div class='main-header page-full-width'><div class='main-header-content'><a class='main-header-logo' href='/'><img alt='{e(p['company'])} logo'></a></div></div>"
            f"<div class='content-wrapper posting-page'><div class='content'><div class='section-wrapper accent-section page-full-width'><div class='section page-centered posting-header'><div class='posting-headline'>"
            f"<h2>{e(p['title'])}</h2><div class='posting-categories'><div class='sort-by-time posting-category'>{e(p['place'])}</div></div></div></div></div>"
            f"<div class='section-wrapper page-full-width'><div class='section page-centered'><div><b>{e(p['heads'][0])}</b></div><div>{e(p['about'])}</div><div>{e(p['intro'])}</div></div>{lists}"
            f"<div class='section page-centered'>{e(p['law'])}</div></div></div></div></div>")
    return page(head, body), [p["title"], p["place"]] + body_parts(p)


def ashby(p, rng):
    ld = {"@context": "https://schema.org/", "@type": "JobPosting", "title": p["title"], "hiringOrganization": {"@type": "Organization", "name": p["company"]},
          "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": p["place"]}}, "description": sections(p)}
    head = f"<title>{e(p['title'])} @ {e(p['company'])}</title><script type='application/ld+json'>{json.dumps(ld).replace('</', '<' + chr(92) + '/')}</script>"
    return page(head, "<div id='root'></div><noscript>You need to enable JavaScript to run this app.</noscript>"), body_parts(p)


def workday(p, rng):
    head = f"<title>{e(p['title'])}</title><meta property='og:site_name' content='{e(p['company'])} Careers'>"
    body = (f"<div data-automation-id='page'><header data-automation-id='header'>{nav(p, rng)}<button>Sign In</button></header><main><div data-automation-id='jobPostingPage'><h2 data-automation-id='jobPostingHeader'>"
            f"{e(p['title'])}</h2><dl><dt>locations</dt><dd>{e(p['place'])}</dd></dl><div data-automation-id='jobPostingDescription'>{sections(p, 'h4')}</div></div>{similar(rng)}</main>{footer(p)}</div>")
    return page(head, body), [p["title"], "locations", p["place"]] + body_parts(p)


def smart(p, rng):
    head = f"<title>{e(p['company'])} {e(p['title'])} | SmartRecruiters</title>"
    body = (f"{cookies(rng)}<main class='jobad site' itemscope itemtype='http://schema.org/JobPosting'><meta itemprop='datePosted' content='2026-05-01'><header class='jobad-header'><h1 class='job-title' itemprop='title'>{e(p['title'])}</h1>"
            f"<ul class='job-details'><li itemprop='jobLocation' itemscope itemtype='http://schema.org/Place'>{e(p['place'])}</li></ul></header><div itemprop='hiringOrganization' itemscope itemtype='http://schema.org/Organization'>"
            f"<meta itemprop='name' content='{e(p['company'])}'></div><div itemprop='description'>{sections(p, 'h2')}</div></main>{similar(rng)}{footer(p)}")
    return page(head, body), [p["title"], p["place"]] + body_parts(p)


def government(p, rng):
    head = f"<title>{e(p['title'])} - {e(p['company'])}</title>"
    rows = "".join(f"<tr><th scope='row'>{a}</th><td>{e(b)}</td></tr>" for a, b in (("Employer", p["company"]), ("Location", p["place"]), ("Opening", "041-26")))
    body = (f"<a class='skipnav' href='#m'>Skip to main content</a><section class='gov-banner' aria-label='Official website'><p>An official website of the county</p></section><header role='banner'>{nav(p, rng)}</header>"
            f"<div class='breadcrumbs'><a>Home</a> &gt; <a>Jobs</a> &gt; {e(p['title'])}</div><main id='m'><h1>{e(p['title'])}</h1><table>{rows}</table>{sections(p, 'h2')}</main><aside><h2>Related links</h2><p>Job alerts by e-mail</p></aside>{footer(p)}")
    return page(head, body), [p["title"], "Employer", p["company"], "Location", p["place"], "Opening", "041-26"] + body_parts(p)


def personal(p, rng):
    h = p["heads"]
    head = f"<title>{e(p['company'])} is hiring: {e(p['title'])}</title>"
    lines = [f"<b>{e(h[0])}</b><br>", e(p["about"]) + "<br>", e(p["intro"]) + "<br><br>"]
    for n, items in zip(h[1:], (p["duties"], p["asks"], p["wishes"], p["gives"])):
        lines.append(f"<b>{e(n)}</b><br>" + "".join(f"- {e(i)}<br>" for i in items) + "<br>")
    body = f"<center><h1>{e(p['title'])}</h1></center><font face='Georgia'>{e(p['company'])}, {e(p['place'])}<br><br>{''.join(lines)}{e(p['law'])}</font>"
    return page(head, body), [p["title"], p["company"], p["place"]] + body_parts(p)


def divs(p, rng):
    h = p["heads"]
    deep = rng.randint(6, 14)
    head = f"<title>{e(p['title'])} | {e(p['company'])}</title><meta property='og:site_name' content='{e(p['company'])}'>"
    inner = "".join(f"<div class='blk'><div class='hd'><strong>{e(n)}</strong></div>{''.join(f'<div class=row><span>{e(i)}</span></div>' for i in items)}</div>"
                    for n, items in zip(h, ([p["about"], p["intro"]], p["duties"], p["asks"], p["wishes"], p["gives"])))
    body = (f"<div class='topbar'>{nav(p, rng)}</div>" + "<div>" * deep + f"<div class='ttl'><h1>{e(p['title'])}</h1></div><div class='loc'>{e(p['place'])}</div>{inner}<div><span>{e(p['law'])}</span></div>" + "</div>" * deep +
            f"<div class='share-buttons'>Share this job: <a>Facebook</a> <a>LinkedIn</a></div>{similar(rng)}<div class='footer'>{e(p['company'])} 2026</div>")
    return page(head, body), [p["title"], p["place"]] + body_parts(p)


def article(p, rng):
    head = f"<title>{e(p['title'])} - Careers at {e(p['company'])}</title>"
    body = (f"<header>{nav(p, rng)}</header><div class='layout'><article class='job'><h1>{e(p['title'])}</h1><p class='meta'>{e(p['company'])} &middot; {e(p['place'])} &middot; Full-time</p>{sections(p, 'h2')}</article>"
            f"<div class='sidebar'><h4>Job alerts</h4><p>Get an e-mail when something new comes in.</p>{similar(rng)}</div></div>{cookies(rng)}{footer(p)}")
    return page(head, body), [p["title"], p["company"], p["place"], "Full-time"] + body_parts(p)


def hidden(p, rng):
    head = f"<title>{e(p['title'])} at {e(p['company'])}</title><style>.vh{{position:absolute;left:-9999px}} .gone{{display:none}}</style>"
    secrets = ["<div class='gone'>Hidden words that no reader of the page ever sees.</div>", "<p style='font-size:0'>More words that are not there.</p>", "<p class='vh'>Off the page it stands.</p>",
               "<span style='color:#fff;background:#fff'>White words on white ground.</span>", "<p hidden>Closed for good.</p>", "<p style='opacity:0'>Nothing to see.</p>"]
    parts = sections(p).split("<h3>")
    body = f"{nav(p, rng)}<main><h1>{e(p['title'])}</h1><p>{e(p['company'])}, {e(p['place'])}</p>" + "".join(("<h3>" if i else "") + part + rng.choice(secrets) for i, part in enumerate(parts)) + "</main>" + footer(p)
    return page(head, body), [p["title"], p["company"], p["place"]] + body_parts(p)


LAYOUTS = (greenhouse, lever, ashby, workday, smart, government, personal, divs, article, hidden)


def fixtures(seed, n=120):
    rng = random.Random(seed)
    for i in range(n):
        p = posting(rng)
        text, seen = LAYOUTS[i % len(LAYOUTS)](p, rng)
        yield LAYOUTS[i % len(LAYOUTS)].__name__, text, p, seen
