//! The schemas of fields whose values are words or have a pattern. The words are those of the domain's enums.

use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::{Freshness, Status};
use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::record::{CheckStatus, EntityType, InvoiceStatus, Unreadable};
use counterfoil_core::model::sync::settings::Schedule;
use counterfoil_core::model::sync::{Mode, SyncFailure, SyncKind, SyncStatus, Trigger};
use counterfoil_core::model::webhook::delivery::DeliveryStatus;
use counterfoil_core::model::webhook::endpoint::{DisabledReason, URL_LONGEST};
use strum::{VariantArray, VariantNames};
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Array, Ref};

/// The schema of a company key (`core::model::name`).
pub(crate) const COMPANY_KEY: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

macro_rules! words {
    ($($name:ident = $words:expr;)*) => { $(pub(crate) fn $name() -> Object { one_of($words) })* };
}

macro_rules! words_or_null {
    ($($name:ident = $words:expr;)*) => { $(pub(crate) fn $name() -> Object { one_of_or_null($words) })* };
}

words! {
    platform = &platforms();
    platform_with_oauth = &platforms_with_oauth();
    environment = Environment::VARIANTS;
    connection_status = Status::VARIANTS;
    freshness = Freshness::VARIANTS;
    schedule = Schedule::VARIANTS;
    purge_status = &["running", "completed"];
    failure = FailureCode::VARIANTS;
    action = &<Action as VariantArray>::VARIANTS.iter().map(|action| action.as_str()).collect::<Vec<_>>();
    check_name = CHECKS;
    check_result = &["not_used", "pass", "warn", "fail"];
    link_status = &["active", "used", "expired", "revoked"];
    event = EVENTS;
    delivery_status = DeliveryStatus::VARIANTS;
    endpoint_status = ENDPOINT_STATUS;
    sync_kind = SyncKind::VARIANTS;
    sync_status = SyncStatus::VARIANTS;
    trigger = Trigger::VARIANTS;
    mode = Mode::VARIANTS;
    entity_type = EntityType::VARIANTS;
    unreadable = Unreadable::VARIANTS;
    covers = &["all", "changed"];
    record_kind = &["checks", "invoices"];
    check_status = CheckStatus::VARIANTS;
    invoice_status = InvoiceStatus::VARIANTS;
}

words_or_null! {
    platform_with_oauth_or_null = &platforms_with_oauth();
    freshness_or_null = Freshness::VARIANTS;
    schedule_or_null = Schedule::VARIANTS;
    replayed_or_null = &["failed", "all"];
    grant_type_or_null = &["authorization_code", "refresh_token"];
    sync_failure_or_null = SyncFailure::VARIANTS;
    endpoint_status_or_null = ENDPOINT_STATUS;
    disabled_reason_or_null = DisabledReason::VARIANTS;
}

/// The checks of a connection, in their order.
const CHECKS: &[&str] =
    &["oauth_configuration", "callback_redirect", "access_token", "refresh_token", "company", "sync", "webhooks"];

const EVENTS: &[&str] = <EventKind as VariantNames>::VARIANTS;

const ENDPOINT_STATUS: &[&str] = &["enabled", "disabled"];

fn platforms() -> [&'static str; PlatformName::ALL.len()] {
    PlatformName::ALL.map(PlatformName::as_str)
}

fn platforms_with_oauth() -> Vec<&'static str> {
    PlatformName::with_oauth().map(PlatformName::as_str).collect()
}

fn one_of(words: &[&'static str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build()
}

fn one_of_or_null(words: &[&'static str]) -> Object {
    let values = words.iter().map(|word| Some(*word)).chain([None]);
    ObjectBuilder::new().schema_type(text_or_null()).enum_values(Some(values)).build()
}

fn text_or_null() -> SchemaType {
    SchemaType::from_iter([Type::String, Type::Null])
}

fn list(items: Object) -> Array {
    ArrayBuilder::new().items(items).build()
}

/// The platforms' types of records.
pub(crate) fn entity_types() -> Array {
    list(one_of(EntityType::VARIANTS))
}

/// The names of the keys' scopes.
pub(crate) fn scopes() -> Array {
    list(one_of(&Scope::ALL.map(Scope::as_str)))
}

/// The same, of a new key: at least one.
pub(crate) fn new_scopes() -> Array {
    ArrayBuilder::from(scopes()).min_items(Some(1)).build()
}

/// The names of the kinds of events.
pub(crate) fn events() -> Array {
    list(one_of(EVENTS))
}

/// The same, where `*` stands for all.
pub(crate) fn events_or_null() -> Array {
    let names: Vec<_> = EVENTS.iter().copied().chain(["*"]).collect();
    ArrayBuilder::from(list(one_of(&names))).schema_type(SchemaType::from_iter([Type::Array, Type::Null])).build()
}

/// A company key, or null.
pub(crate) fn company_key_or_null() -> Object {
    ObjectBuilder::new().schema_type(text_or_null()).pattern(Some(COMPANY_KEY)).build()
}

/// A rule for what counts as a check, or null.
pub(crate) fn check_rule_or_null() -> Object {
    ObjectBuilder::new().schema_type(text_or_null()).pattern(Some("^(number_like|all_spend|prefix:[!-~][ -~]{0,31})$")).build()
}

/// A name for people.
pub(crate) fn name() -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]")).min_length(Some(1)).max_length(Some(100)).build()
}

/// A month, such as `2026-11`.
pub(crate) fn month() -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{4}-[0-9]{2}$")).build()
}

/// The address of an endpoint.
pub(crate) fn endpoint_url() -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^https?://")).max_length(Some(URL_LONGEST)).build()
}

/// The same, or null.
pub(crate) fn endpoint_url_or_null() -> Object {
    ObjectBuilder::from(endpoint_url()).schema_type(text_or_null()).build()
}

/// An error code.
pub(crate) fn code() -> Ref {
    Ref::from_schema_name("ErrorCode")
}
