//! Currencies. A transaction names its currency, and does not have its code; only `CurrencyQueryRq` has it.

/// The code in ISO 4217 of a currency that QuickBooks or ISO 4217 names so, in any case. The name may be the code. Users can create
/// currencies with any name; for these, and for rarer ones, it is `None`.
pub fn code(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let is_named = |names: &&(&str, &[&str])| {
        name.eq_ignore_ascii_case(names.0) || names.1.iter().any(|other| name.eq_ignore_ascii_case(other))
    };
    NAMES.iter().find(is_named).map(|(code, _)| *code)
}

const NAMES: &[(&str, &[&str])] = &[
    ("AED", &["UAE Dirham", "United Arab Emirates Dirham"]),
    ("ARS", &["Argentine Peso"]),
    ("AUD", &["Australian Dollar"]),
    ("BRL", &["Brazilian Real"]),
    ("BSD", &["Bahamian Dollar"]),
    ("CAD", &["Canadian Dollar"]),
    ("CHF", &["Swiss Franc"]),
    ("CLP", &["Chilean Peso"]),
    ("CNY", &["Chinese Yuan", "Chinese Yuan Renminbi", "Yuan Renminbi"]),
    ("COP", &["Colombian Peso"]),
    ("CZK", &["Czech Koruna"]),
    ("DKK", &["Danish Krone"]),
    ("EGP", &["Egyptian Pound"]),
    ("EUR", &["Euro"]),
    ("GBP", &["British Pound", "British Pound Sterling", "Pound Sterling"]),
    ("HKD", &["Hong Kong Dollar"]),
    ("HUF", &["Hungarian Forint"]),
    ("IDR", &["Indonesian Rupiah"]),
    ("ILS", &["Israeli Shekel", "New Israeli Sheqel"]),
    ("INR", &["Indian Rupee"]),
    ("JMD", &["Jamaican Dollar"]),
    ("JPY", &["Japanese Yen", "Yen"]),
    ("KES", &["Kenyan Shilling"]),
    ("KRW", &["South Korean Won"]),
    ("KWD", &["Kuwaiti Dinar"]),
    ("MXN", &["Mexican Peso"]),
    ("MYR", &["Malaysian Ringgit"]),
    ("NGN", &["Nigerian Naira"]),
    ("NOK", &["Norwegian Krone"]),
    ("NZD", &["New Zealand Dollar"]),
    ("PHP", &["Philippine Peso"]),
    ("PKR", &["Pakistan Rupee", "Pakistani Rupee"]),
    ("PLN", &["Polish Zloty"]),
    ("SAR", &["Saudi Riyal"]),
    ("SEK", &["Swedish Krona"]),
    ("SGD", &["Singapore Dollar"]),
    ("THB", &["Thai Baht"]),
    ("TRY", &["Turkish Lira"]),
    ("TTD", &["Trinidad and Tobago Dollar"]),
    ("TWD", &["New Taiwan Dollar"]),
    ("USD", &["US Dollar", "U.S. Dollar", "United States Dollar"]),
    ("VND", &["Vietnamese Dong"]),
    ("ZAR", &["South African Rand"]),
];
