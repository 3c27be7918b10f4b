//! The names and texts that records are made of. All are made up.

/// The names of vendors.
pub(crate) const VENDORS: [&str; 32] = [
    "Alder & Quince Timber",
    "Beacon Hill Electric",
    "Brightwater Utilities",
    "Calloway Insurance Group",
    "Cedar Fork Hardware",
    "City of Fernwood",
    "Copperline Plumbing",
    "Dunmore Freight",
    "Eastgate Office Supply",
    "Fenwick & Rao Accountants",
    "Granite Peak Equipment",
    "Hollis Properties",
    "Ironwood Fabrication",
    "Juniper Cleaning Co",
    "Kestrel Telecom",
    "Lakeshore Fuel",
    "Marlow Print Works",
    "Nightingale Security",
    "Oakhaven Landscaping",
    "Pemberton Tool Hire",
    "Quillfeather Design",
    "Redfern Catering",
    "Saltmarsh Packaging",
    "Thornbury Legal LLP",
    "Umber Paint Supply",
    "Vantage Web Hosting",
    "Westerly Waste Services",
    "Yarrow Nursery",
    "Zephyr Couriers",
    "O'Malley \"Fix-It\" Repairs",
    "Müller & Søn Import",
    "=Formula Labs, Inc.",
];

/// The names of customers.
pub(crate) const CUSTOMERS: [&str; 16] = [
    "Ashgrove Medical Center",
    "Bluebell Preschool",
    "Castlerock Hotel",
    "Dovetail Joinery",
    "Elmwood Apartments",
    "Foxglove Tea Room",
    "Greenfield School District",
    "Harper Family Trust",
    "Ivy Lane Dental",
    "Kingfisher Marina",
    "Larch Street Brewery",
    "Millbrook Church",
    "Northfield Library",
    "Orchard View Farm",
    "Pinecrest Golf Club",
    "Riverside Theatre",
];

/// The memos of payments, bills and invoices.
pub(crate) const MEMOS: [&str; 12] = [
    "Deposit, job 7731",
    "Monthly service",
    "Final payment, phase 2",
    "Materials for the Alder Street site",
    "Rent",
    "Annual premium, policy 55-1207",
    "Repair of the loading dock",
    "Replaces the order of last week",
    "Freight & handling",
    "Consulting, 12 hours",
    "Renewal",
    "Spare parts; see the quote",
];

/// Texts that users type instead of a check's number.
pub(crate) const TEXTS_FOR_NUMBERS: [&str; 3] = ["Debit", "EFT", "online"];
