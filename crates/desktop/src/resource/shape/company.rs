//! The company whose file QuickBooks has open.

use super::common::{ADDRESS, CUSTOM_FIELDS};
use super::words::{MONTHS, SERVICE_STATUSES, TAX_FORMS};
use crate::resource::field::{Field, Kind};

/// `qbd_company`. It has neither `id` nor `objectType`.
pub(in crate::resource) const COMPANY: &[Field] = &[
    Field::flag_or("isSampleCompanyFile", "IsSampleCompany", false),
    Field::new("companyName", "CompanyName", Kind::Text),
    Field::new("legalCompanyName", "LegalCompanyName", Kind::Text),
    Field::new("address", "Address", Kind::Object(ADDRESS)),
    Field::new("legalAddress", "LegalAddress", Kind::Object(ADDRESS)),
    Field::new("addressForCustomer", "CompanyAddressForCustomer", Kind::Object(ADDRESS)),
    Field::new("phone", "Phone", Kind::Text),
    Field::new("fax", "Fax", Kind::Text),
    Field::new("email", "Email", Kind::Text),
    Field::new("website", "CompanyWebSite", Kind::Text),
    Field::new("fiscalYearStartMonth", "FirstMonthFiscalYear", Kind::Word(MONTHS)),
    Field::new("incomeTaxYearStartMonth", "FirstMonthIncomeTaxYear", Kind::Word(MONTHS)),
    Field::new("companyType", "CompanyType", Kind::Text),
    Field::new("ein", "EIN", Kind::Text),
    Field::new("ssn", "SSN", Kind::Text),
    Field::new("taxForm", "TaxForm", Kind::Word(TAX_FORMS)),
    Field::new("subscribedServices", "SubscribedServices", Kind::Object(SUBSCRIBED_SERVICES)),
    Field::new("accountantCopy", "AccountantCopy", Kind::Object(ACCOUNTANT_COPY)),
    CUSTOM_FIELDS,
];

/// `qbd_subscribed_service`.
const SUBSCRIBED_SERVICES: &[Field] = &[Field::new("services", "Service", Kind::List(SERVICE))];

/// `qbd_service`.
const SERVICE: &[Field] = &[
    Field::required("name", "Name", Kind::Text),
    Field::new("domain", "Domain", Kind::Text),
    Field::new("serviceStatus", "ServiceStatus", Kind::Word(SERVICE_STATUSES)),
];

/// `qbd_accountant_copy`.
const ACCOUNTANT_COPY: &[Field] = &[
    Field::required("accountantCopyExists", "AccountantCopyExists", Kind::Flag),
    Field::new("dividingDate", "DividingDate", Kind::Date),
];
