"""Roles for the ranking evaluation: of each, how a posting speaks about it and how a résumé does, in other words.

(key, group, posting title, résumé title, posting lines, résumé lines, skills). Roles of one group are related work.
Written for this project."""

ROLES = [
    ("backend", "software", "Backend Developer", "Software Engineer, Server Side",
     ["Build and run REST services in Java and Spring Boot", "Design relational schemas and tune slow SQL queries",
      "Own what you ship: tests, deployment and on-call", "Familiarity with message queues such as RabbitMQ or Kafka", "Experience with distributed systems"],
     ["Wrote payment microservices in Kotlin handling 3,000 requests a second", "Replaced a nightly batch with events on Kafka",
      "Cut database load by half with better indexes in PostgreSQL", "Carried the pager for the orders API"],
     ["Java", "Kotlin", "PostgreSQL", "Kafka", "Docker"]),
    ("frontend", "software", "Frontend Engineer", "Web Developer",
     ["Build accessible user interfaces in React and TypeScript", "Work closely with designers on our component library",
      "Improve page load time and web vitals", "Solid knowledge of HTML, CSS and browser behaviour", "Write tests with Jest or Playwright"],
     ["Rebuilt the checkout pages in Vue with reusable components", "Brought the largest contentful paint from 4.1 s to 1.6 s",
      "Made the site usable with a screen reader", "Moved style sheets from Sass to Tailwind"],
     ["JavaScript", "TypeScript", "Vue.js", "CSS", "HTML"]),
    ("mobile", "software", "iOS Engineer", "Mobile App Developer",
     ["Ship features in our Swift application", "Know UIKit and SwiftUI well", "Profile memory and battery use",
      "Release through the App Store every two weeks", "Care about offline behaviour"],
     ["Published a fitness tracker for iPhone with 200,000 downloads", "Wrote the sync layer in Swift with Core Data",
      "Reduced crashes to 0.2% of sessions", "Ported two screens to Android with Kotlin"],
     ["Swift", "iOS", "Xcode", "Kotlin"]),
    ("devops", "platform", "Site Reliability Engineer", "DevOps Engineer",
     ["Keep our Kubernetes clusters healthy", "Infrastructure as code with Terraform", "Define service levels and reduce toil",
      "Lead incident reviews", "Monitoring with Prometheus and Grafana"],
     ["Automated the provisioning of 400 machines with Ansible", "Built deployment pipelines in GitLab CI",
      "Moved logging from Splunk to Loki", "Ran the on-call rotation and wrote runbooks"],
     ["Kubernetes", "Terraform", "AWS", "Linux", "Prometheus"]),
    ("security", "platform", "Application Security Engineer", "Information Security Analyst",
     ["Review code and designs for vulnerabilities", "Run the bug bounty program", "Threat modelling with product teams",
      "Knowledge of OWASP and common attack techniques", "Automate scanning in the build pipeline"],
     ["Performed penetration tests of web applications", "Triaged alerts from the SIEM and led incident response",
      "Found and reported 40 injection flaws", "Introduced static analysis for five teams"],
     ["Penetration Testing", "Burp Suite", "SIEM", "Python"]),
    ("data-engineer", "data", "Data Engineer", "ETL Developer",
     ["Build pipelines with Airflow and Spark", "Model the warehouse in Snowflake with dbt", "Data quality checks and lineage",
      "Strong SQL and Python", "Handle late and duplicate records"],
     ["Loaded 2 TB a day into BigQuery", "Replaced cron jobs with scheduled DAGs", "Wrote streaming jobs on Kafka",
      "Cut warehouse cost by a third with partitioning"],
     ["Python", "SQL", "Apache Airflow", "BigQuery", "Kafka"]),
    ("data-analyst", "data", "Data Analyst", "Business Intelligence Analyst",
     ["Turn questions into queries, charts and recommendations", "Maintain dashboards in Tableau or Power BI", "Present findings to managers",
      "Define metrics with the teams", "Advanced SQL and spreadsheets"],
     ["Built weekly sales reports in Looker", "Found why returns rose by comparing regions", "Cleaned survey results of 12,000 people in R",
      "Trained colleagues in pivot tables"],
     ["SQL", "Tableau", "Excel", "R"]),
    ("ml", "data", "Machine Learning Engineer", "Data Scientist",
     ["Train and serve models in production", "Deep learning with PyTorch", "Run experiments and evaluate them soundly",
      "Feature stores and model monitoring", "Statistics and linear algebra"],
     ["Built a recommender that raised clicks by 9%", "Fine-tuned language models for ticket routing", "Forecast demand with gradient boosting",
      "Deployed models behind an API with drift alerts"],
     ["Python", "PyTorch", "scikit-learn", "Pandas"]),
    ("embedded", "hardware", "Embedded Firmware Engineer", "Microcontroller Programmer",
     ["Firmware in C for ARM Cortex-M devices", "Write drivers for sensors over I2C and SPI", "Work with FreeRTOS",
      "Debug with oscilloscope and JTAG", "Low power design"],
     ["Wrote a bootloader with safe updates over the air", "Brought up three boards with the hardware team", "Measured sleep current down to 3 µA",
      "Implemented a CAN bus stack"],
     ["C", "FreeRTOS", "ARM", "CAN bus"]),
    ("electrical", "hardware", "Electronics Design Engineer", "Hardware Engineer",
     ["Schematic capture and PCB layout in Altium", "Analog front ends and power supplies", "EMC testing and certification",
      "Component selection and bill of materials", "Prototype bring-up in the lab"],
     ["Laid out an eight-layer board for a motor controller", "Reduced converter losses by 20%", "Passed radiated emissions on first attempt",
      "Characterised amplifiers with a spectrum analyzer"],
     ["Altium Designer", "PCB Design", "SPICE"]),
    ("product", "product", "Product Manager", "Product Owner",
     ["Own the roadmap for our billing product", "Talk with customers every week", "Prioritise with engineering and design",
      "Write clear problem statements", "Measure outcomes after launch"],
     ["Launched a self-service plan used by 8,000 accounts", "Ran discovery interviews and wrote user stories", "Said no to 60% of requests with reasons",
      "Managed the backlog of two squads"],
     ["Product Management", "Roadmapping", "Jira", "Scrum"]),
    ("ux", "product", "Product Designer", "UX Designer",
     ["Design flows, prototypes and visuals in Figma", "Plan and run usability tests", "Contribute to the design system",
      "Information architecture", "Portfolio that shows your process"],
     ["Redesigned onboarding after 14 user interviews", "Drew wireframes and clickable mock-ups", "Kept a library of 90 components consistent",
      "Tested with blind participants"],
     ["Figma", "User Research", "Prototyping", "Wireframing"]),
    ("writer", "content", "Technical Writer", "Documentation Specialist",
     ["Write guides and API reference for developers", "Docs as code in Markdown and Git", "Edit what engineers write",
      "Information that people find", "Style guide ownership"],
     ["Wrote the administrator manual for a storage product", "Restructured 300 help articles by task", "Published release notes every month",
      "Taught plain language to support staff"],
     ["Technical Writing", "Markdown", "Git"]),
    ("marketing", "marketing", "Marketing Manager", "Digital Marketing Specialist",
     ["Plan campaigns over search, social and email", "Own the budget and the return on it", "Work with agencies and creatives",
      "Grow organic traffic", "Brand voice"],
     ["Raised newsletter sign-ups by 35% with landing page tests", "Managed Google Ads of $40,000 a month", "Wrote posts that ranked first for 20 keywords",
      "Organised a launch event for 300 guests"],
     ["SEO", "Google Ads", "Google Analytics", "HubSpot"]),
    ("sales", "sales", "Account Executive", "Sales Representative",
     ["Win new business in the mid-market", "Run demos and negotiate contracts", "Keep the pipeline honest in Salesforce",
      "Quota carrying role", "Prospecting and cold outreach"],
     ["Closed $1.2M of new revenue in 2023", "Booked 15 meetings a month by telephone", "Grew a territory of 80 customers", "Exceeded targets six quarters in a row"],
     ["Salesforce", "Negotiation", "Prospecting"]),
    ("success", "sales", "Customer Success Manager", "Client Relationship Manager",
     ["Onboard customers and help them reach their goals", "Renewals and expansion", "Watch health scores and act early",
      "Quarterly business reviews", "Voice of the customer inside the company"],
     ["Looked after 45 hotel clients", "Raised renewal rate from 82% to 93%", "Ran training webinars for new accounts", "Brought complaints to the product team"],
     ["Account Management", "CRM", "Zendesk"]),
    ("accountant", "finance", "Senior Accountant", "Bookkeeper and Accountant",
     ["Month-end close and account reconciliation", "Prepare financial statements under GAAP", "Support the audit",
      "Accruals and fixed assets", "CPA preferred"],
     ["Closed the books within five days", "Reconciled bank and vendor accounts", "Prepared tax filings for 30 small firms", "Moved ledgers to QuickBooks"],
     ["GAAP", "QuickBooks", "Excel", "Accounts Payable"]),
    ("finance", "finance", "Financial Analyst", "FP&A Analyst",
     ["Budget, forecast and variance analysis", "Build models in Excel", "Advise business leaders on investments",
      "Board and management reporting", "Understand the income statement and cash flow"],
     ["Built a three-statement model for an acquisition", "Explained monthly variances to directors", "Planned headcount cost for 600 staff", "Valued two divisions by discounted cash flow"],
     ["Financial Modeling", "Forecasting", "Excel"]),
    ("nurse", "health", "Registered Nurse, Intensive Care", "ICU Nurse",
     ["Care for critically ill patients on ventilators", "Administer medication and titrate drips", "Work with physicians and families",
      "RN license and BLS; ACLS preferred", "Twelve hour shifts"],
     ["Looked after two ventilated patients per shift", "Precepted six new graduates", "Took part in rapid response calls", "Lowered pressure injuries on the ward"],
     ["ACLS", "BLS", "Critical Care"]),
    ("medassist", "health", "Medical Assistant", "Clinic Assistant",
     ["Take vital signs and prepare examination rooms", "Draw blood and give injections", "Schedule patients and update charts",
      "Kind manner with people of all ages", "Certification as medical assistant"],
     ["Roomed 30 patients a day in family practice", "Performed phlebotomy and electrocardiograms", "Kept vaccine records complete", "Answered patient calls"],
     ["Phlebotomy", "Electronic Health Records", "Vital Signs"]),
    ("physio", "health", "Physical Therapist", "Physiotherapist",
     ["Assess movement and plan rehabilitation", "Treat outpatients after orthopedic surgery", "Document progress",
      "State license", "Manual therapy"],
     ["Guided knee replacement patients back to walking", "Ran a back pain group", "Designed home exercise plans", "Worked with stroke survivors"],
     ["Rehabilitation", "Manual Therapy"]),
    ("teacher", "education", "Mathematics Teacher", "Secondary School Teacher",
     ["Teach algebra and geometry to grades 8 to 10", "Plan lessons and mark work", "Work with parents and pastoral staff",
      "Teaching certificate", "Help pupils who struggle"],
     ["Taught calculus and statistics to five classes", "Raised exam results by a grade on average", "Led the chess club", "Mentored student teachers"],
     ["Lesson Planning", "Classroom Management", "Mathematics"]),
    ("librarian", "education", "Children's Librarian", "Library Assistant",
     ["Plan story times and reading programs", "Select books for young readers", "Help families at the desk",
      "Cataloguing", "School visits"],
     ["Ran a summer reading challenge for 400 children", "Shelved and catalogued new arrivals", "Hosted authors", "Answered reference questions"],
     ["Cataloging", "Reference Services"]),
    ("chef", "hospitality", "Sous Chef", "Line Cook",
     ["Run the pass on busy nights", "Order produce and control food cost", "Train commis and keep the kitchen clean",
      "Seasonal menus", "Food safety certificate"],
     ["Cooked on grill and sauce in a 90-seat restaurant", "Wrote the autumn tasting menu", "Cut waste by weighing leftovers", "Passed every hygiene inspection"],
     ["Food Safety", "Menu Planning", "Inventory Management"]),
    ("hotel", "hospitality", "Front Office Manager", "Hotel Receptionist",
     ["Lead the reception team of a 120-room hotel", "Handle arrivals, complaints and groups", "Night audit and room rates",
      "Guest satisfaction scores", "Opera property system"],
     ["Checked in up to 150 guests a day", "Settled complaints before departure", "Balanced the cash drawer every night", "Upsold rooms with sea view"],
     ["Customer Service", "Opera PMS", "Reservations"]),
    ("electrician", "trades", "Journeyman Electrician", "Industrial Electrician",
     ["Install conduit, panels and wiring to code", "Troubleshoot motors and controls", "Read blueprints",
      "License and clean driving record", "Work at height"],
     ["Wired two production halls", "Replaced breakers and transformers", "Repaired conveyor drives at night", "Supervised two apprentices on site"],
     ["Electrical Wiring", "Blueprint Reading", "PLC"]),
    ("mechanic", "trades", "Diesel Mechanic", "Vehicle Technician",
     ["Diagnose and repair trucks and trailers", "Brakes, engines, hydraulics", "Use diagnostic software", "Own tools", "Inspection records"],
     ["Overhauled engines of a fleet of 60 buses", "Rebuilt gearboxes", "Found faults in fuel injection", "Did safety inspections"],
     ["Diesel Engines", "Hydraulics", "Diagnostics"]),
    ("warehouse", "logistics", "Warehouse Supervisor", "Forklift Operator and Shift Lead",
     ["Lead a shift of pickers and packers", "Keep inventory accurate", "Plan loading of trucks", "Forklift license", "Safety first"],
     ["Loaded 40 trailers a day", "Counted stock in cycle counts", "Trained new pickers", "Ran a year without accident"],
     ["Forklift", "Inventory Management", "WMS"]),
    ("supply", "logistics", "Supply Chain Analyst", "Logistics Planner",
     ["Forecast demand and plan replenishment", "Work with suppliers on lead times", "Reports in SAP and Excel", "Freight cost", "Reduce stock without stockouts"],
     ["Planned ocean and road freight for four plants", "Cut stock by 18% with better reorder points", "Negotiated carrier rates", "Tracked late deliveries by vendor"],
     ["SAP", "Forecasting", "Procurement", "Excel"]),
    ("hr", "people", "Human Resources Generalist", "HR Business Partner",
     ["Advise managers on employee relations", "Run onboarding and benefits", "Employment law", "Payroll coordination", "Performance reviews"],
     ["Handled grievances and disciplinary talks", "Wrote the parental leave policy", "Introduced Workday to 900 employees", "Organised staff surveys"],
     ["Employee Relations", "Workday", "Onboarding"]),
    ("recruiter", "people", "Technical Recruiter", "Talent Acquisition Specialist",
     ["Source engineers and keep them engaged", "Advise hiring managers", "Structured interviews", "Offers and closing", "Greenhouse"],
     ["Hired 46 developers in a year", "Found candidates on LinkedIn and at meetups", "Cut time to hire to 31 days", "Trained interviewers"],
     ["Recruiting", "Sourcing", "Greenhouse"]),
    ("legal", "legal", "Paralegal, Litigation", "Legal Assistant",
     ["Draft pleadings and prepare exhibits", "Manage discovery and deadlines", "File with the courts", "Legal research", "Notary a plus"],
     ["Prepared deposition summaries", "Kept the calendar of three attorneys", "Filed motions electronically", "Organised 20,000 documents for review"],
     ["Legal Research", "Westlaw", "Litigation Support"]),
    ("admin", "office", "Executive Assistant", "Office Administrator",
     ["Manage calendars and travel of two directors", "Prepare meetings and minutes", "Handle confidential matters", "Expense reports", "Front desk cover"],
     ["Organised board meetings and took minutes", "Booked travel for 12 people", "Ordered supplies and kept contracts", "Greeted visitors"],
     ["Calendar Management", "Microsoft Office", "Travel Coordination"]),
    ("civil", "construction", "Civil Engineer", "Structural Engineer",
     ["Design drainage, roads and retaining walls", "AutoCAD Civil 3D", "Prepare calculations and drawings", "Site visits", "PE license"],
     ["Designed concrete frames for five schools", "Checked steel connections", "Drew plans in Revit", "Inspected bridges"],
     ["AutoCAD", "Revit", "Structural Analysis"]),
    ("site", "construction", "Construction Project Manager", "Site Manager",
     ["Deliver buildings on time and budget", "Coordinate subcontractors", "Contracts, change orders and safety", "Schedules in Primavera or MS Project", "Client meetings"],
     ["Built a $14M clinic in 16 months", "Led daily briefings of eight trades", "Negotiated claims", "Closed out punch lists"],
     ["Construction Management", "Scheduling", "Contract Negotiation"]),
    ("biologist", "science", "Research Associate, Molecular Biology", "Laboratory Scientist",
     ["Cell culture, PCR and cloning", "Plan experiments and keep a lab notebook", "Analyse sequencing results", "Present at group meeting", "MSc in biology"],
     ["Expressed and purified proteins", "Ran western blots and ELISA", "Published two papers on gene editing", "Managed the freezer inventory"],
     ["PCR", "Cell Culture", "CRISPR"]),
]

BOILERPLATE = [
    """Northgate Group is one of the fastest growing companies of its kind. We believe that people are our greatest strength, and we
invest in them. Our offices in eleven cities are home to more than four thousand colleagues who share a passion for excellence,
integrity and teamwork. You will join a dynamic, inclusive environment where your ideas count.

## What we offer
- Competitive salary, annual bonus and retirement plan with matching
- Medical, dental and vision insurance from the first day
- Twenty-five days of paid leave, parental leave and public holidays
- Training budget, mentoring and internal mobility
- Modern offices with free fruit and coffee, public transport ticket

## Equal opportunity
Northgate Group is an equal opportunity employer. All qualified applicants will receive consideration for employment without regard
to race, color, religion, sex, sexual orientation, gender identity, national origin, disability or veteran status.

## How to apply
Please send your resume and a short cover letter through our career portal. Applications are reviewed on a rolling basis; interviews
are held by video and on site. Background checks are carried out in accordance with the law.
""",
    """About us: Ferrow Partners was founded in 1987 and has been family owned ever since. Customers in over forty countries trust us.
We are proud of our history, curious about the future and serious about quality. At Ferrow everyone takes responsibility, works across
departments and learns every day. We care about sustainability and give one percent of our profit to local projects.

## Benefits
- Attractive compensation package with profit sharing
- Flexible working hours and two days from home a week
- Company pension, life insurance, wellness program
- Career development, language courses, leadership academy

## Diversity
We welcome applications from everyone regardless of age, gender, origin, religion, disability or sexual identity. Reasonable
accommodations are available on request during the recruitment process.

## Application
Apply online with your CV, your earliest start date and your salary expectation. Our recruitment team will contact you within two weeks.
""",
]


def posting(role, company=0, variant=0):
    """The posting of a role as Markdown, in the company's boilerplate; variant 1 leads with the company."""
    _, _, title, _, lines, _, _ = role
    half = (len(lines) + 1) // 2
    body = "## Your work\n" + "\n".join("- " + x for x in lines[:half]) + "\n\n## Your profile\n" + "\n".join("- " + x for x in lines[half:]) + "\n"
    about = BOILERPLATE[company]
    return f"# {title}\n\n{about}\n{body}" if variant else f"# {title}\n\n{body}\n{about}"


def profile(role):
    """The JSON Resume of somebody in that role."""
    _, _, _, title, _, lines, skills = role
    return {
        "basics": {"name": "Robin Example", "label": title, "email": "robin@example.com", "phone": "555-0100"},
        "work": [
            {"name": "Westhaven", "position": title, "startDate": "2020-03", "highlights": lines[:2]},
            {"name": "Lindqvist", "position": title, "startDate": "2016-05", "endDate": "2020-02", "highlights": lines[2:]},
        ],
        "skills": [{"name": "Skills", "keywords": skills}],
    }
