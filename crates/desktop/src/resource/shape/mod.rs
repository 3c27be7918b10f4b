//! The fields of each resource. Names, types and `null`s in JSON are those of Conductor's OpenAPI document
//! (conductor-is/quickbooks-desktop-node: `openapi.documented.yml`). Elements are those of Intuit's schemas of qbXML 13.0
//! (jsgoupil/quickbooks-sync: `qbxml130.xsd`); what later versions add is said at the field.

mod account;
mod bill;
mod bill_check_payment;
mod check;
mod common;
mod company;
mod contact;
mod customer;
mod invoice;
mod line;
mod vendor;
mod words;

pub(super) use account::ACCOUNT;
pub(super) use bill::BILL;
pub(super) use bill_check_payment::BILL_CHECK_PAYMENT;
pub(super) use check::CHECK;
pub(super) use common::OWNER_ID;
pub(super) use company::COMPANY;
pub(super) use customer::{ALTERNATE_SHIPPING_ADDRESSES, CUSTOMER};
pub(super) use invoice::INVOICE;
pub(super) use vendor::VENDOR;
pub(super) use words::ACCOUNT_TYPES;
