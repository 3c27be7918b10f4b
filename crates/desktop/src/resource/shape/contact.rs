//! What vendors and customers share: people, how to reach them, and notes.

use super::common::{CREATED_AT, LIST_ID, REVISION_NUMBER, UPDATED_AT};
use crate::resource::field::{Field, Kind};

pub(super) const SALUTATION: Field = Field::new("salutation", "Salutation", Kind::Text);
pub(super) const FIRST_NAME: Field = Field::new("firstName", "FirstName", Kind::Text);
pub(super) const MIDDLE_NAME: Field = Field::new("middleName", "MiddleName", Kind::Text);
pub(super) const LAST_NAME: Field = Field::new("lastName", "LastName", Kind::Text);
pub(super) const JOB_TITLE: Field = Field::new("jobTitle", "JobTitle", Kind::Text);
pub(super) const PHONE: Field = Field::new("phone", "Phone", Kind::Text);
pub(super) const ALTERNATE_PHONE: Field = Field::new("alternatePhone", "AltPhone", Kind::Text);
pub(super) const FAX: Field = Field::new("fax", "Fax", Kind::Text);
pub(super) const EMAIL: Field = Field::new("email", "Email", Kind::Text);
pub(super) const CC_EMAIL: Field = Field::new("ccEmail", "Cc", Kind::Text);
pub(super) const CONTACT: Field = Field::new("contact", "Contact", Kind::Text);
pub(super) const ALTERNATE_CONTACT: Field = Field::new("alternateContact", "AltContact", Kind::Text);
pub(super) const CUSTOM_CONTACT_FIELDS: Field =
    Field::new("customContactFields", "AdditionalContactRef", Kind::List(CUSTOM_CONTACT_FIELD));
pub(super) const ADDITIONAL_CONTACTS: Field = Field::new("additionalContacts", "ContactsRet", Kind::List(ADDITIONAL_CONTACT));
pub(super) const NOTE: Field = Field::new("note", "Notes", Kind::Text);
pub(super) const ADDITIONAL_NOTES: Field = Field::new("additionalNotes", "AdditionalNotesRet", Kind::List(ADDITIONAL_NOTE));

/// `qbd_custom_contact_field`.
const CUSTOM_CONTACT_FIELD: &[Field] =
    &[Field::required("name", "ContactName", Kind::Text), Field::new("value", "ContactValue", Kind::Text)];

/// `qbd_contact`.
const ADDITIONAL_CONTACT: &[Field] = &[
    LIST_ID,
    Field::object_type("qbd_contact"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::new("name", "Contact", Kind::Text),
    SALUTATION,
    Field::text_or("firstName", "FirstName", ""),
    MIDDLE_NAME,
    LAST_NAME,
    JOB_TITLE,
    CUSTOM_CONTACT_FIELDS,
];

/// `qbd_note`.
const ADDITIONAL_NOTE: &[Field] =
    &[Field::required("id", "NoteID", Kind::Number), Field::new("date", "Date", Kind::Date), Field::text_or("note", "Note", "")];
