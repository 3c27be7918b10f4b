//! A customer, or a job of a customer.

use super::common::{ADDRESS, CREATED_AT, CUSTOM_FIELDS, IS_ACTIVE, LIST_ID, REVISION_NUMBER, UPDATED_AT};
use super::contact::{
    ADDITIONAL_CONTACTS, ADDITIONAL_NOTES, ALTERNATE_CONTACT, ALTERNATE_PHONE, CC_EMAIL, CONTACT, CUSTOM_CONTACT_FIELDS, EMAIL,
    FAX, FIRST_NAME, JOB_TITLE, LAST_NAME, MIDDLE_NAME, NOTE, PHONE, SALUTATION,
};
use super::words::{COUNTRIES, DELIVERY_METHODS, JOB_STATUSES};
use crate::resource::field::{Field, Kind};

/// Shipping addresses beside the first one.
pub(in crate::resource) const ALTERNATE_SHIPPING_ADDRESSES: Field =
    Field::new("alternateShippingAddresses", "ShipToAddress", Kind::List(SHIPPING_ADDRESS));

/// `qbd_customer`.
pub(in crate::resource) const CUSTOMER: &[Field] = &[
    LIST_ID,
    Field::object_type("qbd_customer"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::required("name", "Name", Kind::Text),
    Field::required("fullName", "FullName", Kind::Text),
    IS_ACTIVE,
    Field::new("class", "ClassRef", Kind::Ref),
    Field::new("parent", "ParentRef", Kind::Ref),
    Field::required("sublevel", "Sublevel", Kind::Number),
    Field::new("companyName", "CompanyName", Kind::Text),
    SALUTATION,
    FIRST_NAME,
    MIDDLE_NAME,
    LAST_NAME,
    JOB_TITLE,
    Field::new("billingAddress", "BillAddress", Kind::Object(ADDRESS)),
    Field::new("shippingAddress", "ShipAddress", Kind::Object(ADDRESS)),
    ALTERNATE_SHIPPING_ADDRESSES,
    PHONE,
    ALTERNATE_PHONE,
    FAX,
    EMAIL,
    CC_EMAIL,
    CONTACT,
    ALTERNATE_CONTACT,
    CUSTOM_CONTACT_FIELDS,
    ADDITIONAL_CONTACTS,
    Field::new("customerType", "CustomerTypeRef", Kind::Ref),
    Field::new("terms", "TermsRef", Kind::Ref),
    Field::new("salesRepresentative", "SalesRepRef", Kind::Ref),
    Field::new("balance", "Balance", Kind::Decimal),
    Field::new("totalBalance", "TotalBalance", Kind::Decimal),
    Field::new("salesTaxCode", "SalesTaxCodeRef", Kind::Ref),
    Field::new("salesTaxItem", "ItemSalesTaxRef", Kind::Ref),
    Field::new("salesTaxCountry", "SalesTaxCountry", Kind::Mapped(COUNTRIES)),
    Field::new("resaleNumber", "ResaleNumber", Kind::Text),
    Field::new("accountNumber", "AccountNumber", Kind::Text),
    Field::new("creditLimit", "CreditLimit", Kind::Decimal),
    Field::new("preferredPaymentMethod", "PreferredPaymentMethodRef", Kind::Ref),
    Field::new("creditCard", "CreditCardInfo", Kind::Object(CREDIT_CARD)),
    Field::new("jobStatus", "JobStatus", Kind::Word(JOB_STATUSES)),
    Field::new("jobStartDate", "JobStartDate", Kind::Date),
    Field::new("jobProjectedEndDate", "JobProjectedEndDate", Kind::Date),
    Field::new("jobEndDate", "JobEndDate", Kind::Date),
    Field::new("jobDescription", "JobDesc", Kind::Text),
    Field::new("jobType", "JobTypeRef", Kind::Ref),
    NOTE,
    ADDITIONAL_NOTES,
    Field::new("preferredDeliveryMethod", "PreferredDeliveryMethod", Kind::Word(DELIVERY_METHODS)),
    Field::new("priceLevel", "PriceLevelRef", Kind::Ref),
    Field::new("externalId", "ExternalGUID", Kind::Text),
    Field::new("taxRegistrationNumber", "TaxRegistrationNumber", Kind::Text),
    Field::new("currency", "CurrencyRef", Kind::Ref),
    CUSTOM_FIELDS,
];

/// `qbd_shipping_address`.
const SHIPPING_ADDRESS: &[Field] = &[
    Field::new("name", "Name", Kind::Text),
    Field::new("line1", "Addr1", Kind::Text),
    Field::new("line2", "Addr2", Kind::Text),
    Field::new("line3", "Addr3", Kind::Text),
    Field::new("line4", "Addr4", Kind::Text),
    Field::new("line5", "Addr5", Kind::Text),
    Field::new("city", "City", Kind::Text),
    Field::new("state", "State", Kind::Text),
    Field::new("postalCode", "PostalCode", Kind::Text),
    Field::new("country", "Country", Kind::Text),
    Field::new("note", "Note", Kind::Text),
    Field::new("isDefaultShippingAddress", "DefaultShipTo", Kind::Flag),
];

/// `qbd_credit_card`. QuickBooks masks the number.
const CREDIT_CARD: &[Field] = &[
    Field::new("number", "CreditCardNumber", Kind::Text),
    Field::new("expirationMonth", "ExpirationMonth", Kind::Number),
    Field::new("expirationYear", "ExpirationYear", Kind::Number),
    Field::new("name", "NameOnCard", Kind::Text),
    Field::new("address", "CreditCardAddress", Kind::Text),
    Field::new("postalCode", "CreditCardPostalCode", Kind::Text),
];
