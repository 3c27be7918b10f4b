//! XML trees: what is read and written, and hostile documents.

use counterfoil_desktop::qbxml::{ATTRIBUTES_MOST, BYTES_MOST, DEPTH_MOST, ELEMENTS_MOST, Element, Malformed};
use proptest::prelude::*;

fn parse(xml: &str) -> Result<Element, Malformed> {
    Element::parse(xml)
}

fn nested(depth: usize) -> String {
    format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth))
}

#[test]
fn an_answer_of_quickbooks_is_read_without_its_white_space() {
    let xml = "\u{feff}<?xml version='1.0' ?>\n<?qbxml version=\"13.0\"?>\n<QBXML>\n <!-- one -->\n <CheckRet requestID='1' a=\"x&amp;&#10;y\">\n  \
               <Memo> A &lt;b&gt; &amp;&#233;&apos;&quot;<![CDATA[ <&> ]]></Memo>\n  <Blank> </Blank><Closed/>\r\n </CheckRet>\n</QBXML>\n";
    let check = Element::new("CheckRet").with_attribute("requestID", "1").with_attribute("a", "x&\ny");
    let check = check.with_text("Memo", " A <b> &é'\" <&> ").with_text("Blank", " ").with(Element::new("Closed"));
    assert_eq!(parse(xml), Ok(Element::new("QBXML").with(check)));
}

#[test]
fn the_parts_of_an_element_are_found_by_name() {
    let element =
        Element::new("A").with_attribute("x", "1").with_text("B", "first").with_text("B", "second").with(Element::new("C"));
    assert_eq!((element.text_of("B"), element.text_of("C"), element.text_of("D")), (Some("first"), Some(""), None));
    assert_eq!(element.children("B").map(|child| child.text.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!((element.attribute("x"), element.attribute("y")), (Some("1"), None));
}

#[test]
fn xml_is_written_compactly_and_in_ascii() {
    let element =
        Element::new("A").with_attribute("x", "\"<&>\t\n'é").with_text("B", "a\tb\nc\r\"&<]]>é😀").with(Element::new("C"));
    let xml = "<A x=\"&quot;&lt;&amp;&gt;&#9;&#10;'&#233;\"><B>a\tb\nc&#13;&quot;&amp;&lt;]]&gt;&#233;&#128512;</B><C></C></A>";
    assert_eq!(element.to_xml(), xml);
    assert_eq!(parse(xml), Ok(element));
}

#[test]
fn characters_that_xml_forbids_are_replaced_and_cost_nothing_else() {
    assert_eq!(Element::of_text("A", "a\u{0}\u{1b}\u{ffff}b").to_xml(), "<A>a&#65533;&#65533;&#65533;b</A>");
    let replaced = Element::of_text("A", "a\u{fffd}\u{fffd}b").with_attribute("x", "\u{fffd}");
    assert_eq!(parse("<A x='&#1;'>a\u{1b}&#x13;b</A>"), Ok(replaced));
    for (text, read) in [
        ("a&#0;b", "a\u{fffd}b"),
        ("&#xD800;", "\u{fffd}"),
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xDE00;&#65;", "😀A"),
        ("&#56832;&#55357;&#55357;&#56832;", "\u{fffd}\u{fffd}😀"),
        ("&#x110000;&#99999999999999999999;&#00000000000065;", "\u{fffd}\u{fffd}A"),
    ] {
        let read = Element::of_text("A", read).with_attribute("x", read);
        assert_eq!(parse(&format!("<A x='{text}'>{text}</A>")), Ok(read), "{text}");
    }
    assert_eq!(parse("<A><![CDATA[&#0;]]>&#0;<![CDATA[]]></A>"), Ok(Element::of_text("A", "&#0;\u{fffd}")));
}

#[test]
fn prefixes_are_removed_from_elements() {
    let xml = "<SOAP-ENV:Body xmlns:ns1='urn:x'><ns1:ticket xsi:type=\"xsd:string\">t</ns1:ticket></SOAP-ENV:Body>";
    let ticket = Element::of_text("ticket", "t").with_attribute("xsi:type", "xsd:string");
    assert_eq!(parse(xml), Ok(Element::new("Body").with_attribute("xmlns:ns1", "urn:x").with(ticket)));
}

#[test]
fn a_document_type_is_refused_with_the_entities_that_it_defines() {
    for xml in [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM \"http://example.com/a.dtd\"><a/>",
    ] {
        assert_eq!(parse(xml), Err(Malformed::Doctype), "{xml}");
    }
    for xml in ["<a>&x;</a>", "<a x='&x;'/>", "<a>&nbsp;</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#12a;</a>", "<a>&#-1;</a>"] {
        assert_eq!(parse(xml), Err(Malformed::UnknownEntity), "{xml}");
    }
}

#[test]
fn broken_documents_are_refused_with_the_reason() {
    for xml in ["", " ", "<?xml version=\"1.0\"?>", "<!-- -->"] {
        assert_eq!(parse(xml), Err(Malformed::Empty), "{xml}");
    }
    for xml in ["<a>", "<a><b></b>", "<a><b/>"] {
        assert_eq!(parse(xml), Err(Malformed::EndsEarly), "{xml}");
    }
    for xml in ["<a>text<b/></a>", "<a><b/>text</a>"] {
        assert_eq!(parse(xml), Err(Malformed::MixedContent), "{xml}");
    }
    for xml in
        ["<a></b>", "<a", "<a/><b/>", "<a/>text", "text", "</a>", "<a x=1/>", "<a x='1' x='2'/>", "<a>&amp</a>", "< a/>", "<p:/>"]
    {
        assert!(matches!(parse(xml), Err(Malformed::NotWellFormed(_))), "{xml}: {:?}", parse(xml));
    }
}

#[test]
fn documents_above_the_bounds_are_refused() {
    let attributes = |number: usize| format!("<a {}/>", (0..number).map(|n| format!("a{n}=''")).collect::<Vec<_>>().join(" "));
    let elements = |number: usize| format!("<a>{}</a>", "<b/>".repeat(number - 1));
    let bytes = |number: usize| format!("<a>{}</a>", "x".repeat(number - 7));
    for (make, most, refused) in [
        (&nested as &dyn Fn(usize) -> String, DEPTH_MOST, Malformed::TooDeep),
        (&attributes, ATTRIBUTES_MOST, Malformed::TooManyAttributes),
        (&elements, ELEMENTS_MOST, Malformed::TooManyElements),
        (&bytes, BYTES_MOST, Malformed::TooLarge),
    ] {
        assert!(parse(&make(most)).is_ok(), "{refused}");
        assert_eq!(parse(&make(most + 1)), Err(refused));
    }
}

/// Any element with at most three levels.
pub(crate) fn any_element() -> impl Strategy<Value = Element> {
    let name = "[A-Za-z][A-Za-z0-9]{0,8}";
    let attributes = move || proptest::collection::btree_map(name, "\\PC{0,8}", 0..3);
    let leaf = (name, attributes(), "\\PC{0,12}").prop_map(|(name, attributes, text)| Element {
        attributes: attributes.into_iter().collect(),
        ..Element::of_text(name, text)
    });
    leaf.prop_recursive(3, 24, 4, move |inner| {
        (name, attributes(), proptest::collection::vec(inner, 1..4)).prop_map(|(name, attributes, children)| Element {
            name,
            attributes: attributes.into_iter().collect(),
            text: String::new(),
            children,
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(element in any_element()) {
        prop_assert_eq!(parse(&element.to_xml()), Ok(element));
    }

    #[test]
    fn no_text_makes_the_reader_panic(xml in "[<>/!?&;#'\"= \\[\\]a-cx0-9\\-]{0,60}|\\PC{0,40}") {
        let _ = parse(&xml);
    }
}
