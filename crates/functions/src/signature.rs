//! What the types of a handler say about its route: the parameter of its path, its body and its answer.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use counterfoil_core::App;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::event::EventId;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::model::sync::SyncId;
use counterfoil_core::model::webhook::delivery::DeliveryId;
use counterfoil_core::model::webhook::endpoint::EndpointId;
use maud::Markup;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::deadline::EndsAt;
use crate::extract::body::{FormBody, JsonBody, JsonOrNoBody};
use crate::extract::caller::{Caller, Named, Scopes};
use crate::extract::client::{Browser, Client, OwnForm};
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::connections::audit::Asked;
use crate::surface::connections::callback::{SentBy, Shown};
use crate::surface::connections::connections::ListFilter;
use crate::surface::connections::open::OpenToken;
use crate::surface::connections::readiness::Live;
use crate::surface::connections::token::MinValid;
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words::COMPANY_KEY;

/// The schemas that a route uses, by name.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What the types of a handler say.
#[derive(Default)]
pub(crate) struct Signature {
    /// Whether it answers in pages.
    pub(crate) is_paged: bool,
    /// Whether the API key may be in the query.
    pub(crate) takes_key_in_query: bool,
    /// Whether it reads the cookie of a consent.
    pub(crate) reads_cookie: bool,
    /// The schema of the path's parameter, if the route has one.
    pub(crate) in_path: Option<Value>,
    /// The body.
    pub(crate) body: Option<Body>,
    /// The JSON answer.
    pub(crate) answer: Option<Value>,
    /// The schemas of both.
    pub(crate) schemas: Schemas,
}

/// The body of a request.
pub(crate) enum Body {
    Json { schema: Value, is_required: bool },
    Form,
}

/// A handler. `Parts` are its parameters.
pub(crate) trait Handler<Parts> {
    fn signature() -> Signature;
}

/// The signature of a handler.
pub(crate) fn signature<Parts, H: Handler<Parts>>(_: H) -> Signature {
    H::signature()
}

/// A parameter of a handler.
pub(crate) trait Part {
    fn describe(_: &mut Signature) {}
}

/// What a handler returns.
pub(crate) trait Answer {
    fn describe(_: &mut Signature) {}
}

/// A JSON answer.
pub(crate) trait AnswerBody {
    fn schema(schemas: &mut Schemas) -> Value;
}

macro_rules! handlers {
    ($(($($part:ident),*))*) => { $(
        impl<F, R, $($part: Part),*> Handler<($($part,)*)> for F
        where
            F: AsyncFn($($part),*) -> R,
            R: Answer,
        {
            fn signature() -> Signature {
                let mut signature = Signature::default();
                $($part::describe(&mut signature);)*
                R::describe(&mut signature);
                signature
            }
        }
    )* };
}
handlers! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, G) }

macro_rules! without_description {
    ($of:ident: $($kind:ty),*) => { $(impl $of for $kind {})* };
}
without_description! { Part: State<Arc<App>>, EndsAt, Query, HeaderMap, Uri, Client, OwnForm, PartnerCaller, Scopes }
without_description! { Part: Asked, ListFilter, Live, MinValid, Result<Bytes, BytesRejection> }
without_description! { Answer: Response, StatusCode, Problem, Markup }

macro_rules! tuples {
    ($(($($part:ident),*))*) => { $(
        impl<$($part: Part),*> Part for ($($part,)*) {
            fn describe(on: &mut Signature) {
                $($part::describe(on);)*
            }
        }
    )* };
}
tuples! { (A, B, C, D) (A, B, C, D, E) }

impl Part for Paging {
    fn describe(on: &mut Signature) {
        on.is_paged = true;
    }
}

impl Part for Browser {
    fn describe(on: &mut Signature) {
        on.reads_cookie = true;
    }
}

impl Part for Caller {
    fn describe(on: &mut Signature) {
        on.takes_key_in_query = true;
    }
}

impl Part for Named {
    fn describe(on: &mut Signature) {
        on.takes_key_in_query = true;
        on.in_path = Some(CompanyKey::in_path());
    }
}

impl<T: DescribedInPath> Part for InPath<T> {
    fn describe(on: &mut Signature) {
        on.in_path = Some(T::in_path());
    }
}

/// The parameter of a path. One that does not match its schema is a 400; an id in another form is a 404, as an unknown one.
pub(crate) trait DescribedInPath {
    fn in_path() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl DescribedInPath for CompanyKey {
    fn in_path() -> Value {
        json!({ "type": "string", "pattern": COMPANY_KEY, "maxLength": Self::LONGEST, "example": "acme" })
    }
}

impl DescribedInPath for PlatformName {
    fn in_path() -> Value {
        json!({ "type": "string", "enum": Self::ALL.map(Self::as_str) })
    }
}

without_description! { DescribedInPath: DeliveryId, EndpointId, EventId, FlowId, KeyId, LinkId, OpenToken, RecordId, Shown, SyncId }

impl Part for SentBy {
    fn describe(on: &mut Signature) {
        on.in_path = Some(PlatformName::in_path());
    }
}

impl Part for FormBody {
    fn describe(on: &mut Signature) {
        on.body = Some(Body::Form);
    }
}

impl<T: ToSchema> Part for JsonBody<T> {
    fn describe(on: &mut Signature) {
        on.body = Some(Body::Json { schema: <T as AnswerBody>::schema(&mut on.schemas), is_required: true });
    }
}

impl<T: ToSchema> Part for JsonOrNoBody<T> {
    fn describe(on: &mut Signature) {
        on.body = Some(Body::Json { schema: <T as AnswerBody>::schema(&mut on.schemas), is_required: false });
    }
}

impl<T: ToSchema> AnswerBody for T {
    fn schema(schemas: &mut Schemas) -> Value {
        schemas.push((T::name().into_owned(), <T as utoipa::PartialSchema>::schema()));
        T::schemas(schemas);
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }
}

impl<T: AnswerBody> AnswerBody for Envelope<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        let data = T::schema(schemas);
        json!({ "type": "object", "required": ["success", "data"], "properties": { "success": { "const": true }, "data": data } })
    }
}

impl<T: AnswerBody> AnswerBody for Page<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        let data = json!({ "type": "array", "items": T::schema(schemas) });
        let next = json!({ "type": ["string", "null"], "description": "The `cursor` of the next page; null on the last one." });
        json!({
            "type": "object",
            "required": ["success", "data", "nextCursor"],
            "properties": { "success": { "const": true }, "data": data, "nextCursor": next },
        })
    }
}

impl<T: AnswerBody> Answer for Json<T> {
    fn describe(on: &mut Signature) {
        on.answer = Some(T::schema(&mut on.schemas));
    }
}

impl<T: Answer> Answer for (StatusCode, T) {
    fn describe(on: &mut Signature) {
        T::describe(on);
    }
}

impl<T: Answer> Answer for Result<T, Problem> {
    fn describe(on: &mut Signature) {
        T::describe(on);
    }
}
