//! Input of any kind: nothing panics, and queries are well-formed.

use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::resource::{ListRequest, Page, Resource, Step, company};
use proptest::prelude::*;
use strum::VariantArray as _;

fn any_resource() -> impl Strategy<Value = Resource> {
    proptest::sample::select(Resource::VARIANTS)
}

fn any_name() -> impl Strategy<Value = String> {
    let names = [
        "ids",
        "refNumbers",
        "names",
        "fullNames",
        "limit",
        "cursor",
        "updatedAfter",
        "updatedBefore",
        "transactionDateFrom",
        "payeeIds",
        "accountIds",
        "refNumberContains",
        "refNumberFrom",
        "nameTo",
        "status",
        "paymentStatus",
        "totalBalance",
        "includeLineItems",
        "accountType",
        "excludeAlternateShippingAddresses",
    ];
    prop_oneof![9 => proptest::sample::select(names.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}([+\\-][0-9]{2}:[0-9]{2})?)?",
        "true|false|all|[0-9.\\-]{1,16}"
    ]
}

/// An answer in which one text is another one.
fn any_answer() -> impl Strategy<Value = (Resource, Element)> {
    let answers = [
        (Resource::Check, include_str!("answers/check.xml")),
        (Resource::Invoice, include_str!("answers/invoice.xml")),
        (Resource::Customer, include_str!("answers/customer.xml")),
        (Resource::Account, include_str!("answers/account.xml")),
    ];
    (proptest::sample::select(answers.to_vec()), any::<prop::sample::Index>(), any_value()).prop_map(
        |((resource, xml), at, text)| {
            let mut element = super::element(xml);
            let mut texts = Vec::new();
            texts_of(&mut element, &mut texts);
            let at = at.index(texts.len());
            texts[at].clone_from(&text);
            (resource, element)
        },
    )
}

fn texts_of<'a>(element: &'a mut Element, texts: &mut Vec<&'a mut String>) {
    if element.children.is_empty() {
        texts.push(&mut element.text);
    }
    for child in &mut element.children {
        texts_of(child, texts);
    }
}

proptest! {
    #[test]
    fn parameters_give_a_query_or_an_error(resource in any_resource(), pairs in proptest::collection::vec((any_name(), any_value()), 0..4)) {
        if let Ok(request) = ListRequest::parse(resource, &pairs) {
            let query = request.query(Page { most: request.limit(), step: Some(Step::Start) });
            prop_assert_eq!(Element::parse(&query.to_xml()), Ok(query));
            prop_assert!(request.limit().is_none_or(|limit| limit > 0));
        }
    }

    #[test]
    fn an_answer_gives_an_object_or_an_error((resource, element) in any_answer()) {
        match resource.read(&element) {
            Ok(value) => prop_assert!(value.is_object()),
            Err(unreadable) => prop_assert!(!unreadable.field.is_empty()),
        }
        let _ = company::read(&element);
    }
}
