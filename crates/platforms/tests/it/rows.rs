//! Every platform with a consent at its stand-in.

use std::ops::Deref;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_stand_ins::Sample;

#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: PlatformName,
    pub(crate) sample: Sample,
}

impl Deref for Row {
    type Target = Sample;

    fn deref(&self) -> &Sample {
        &self.sample
    }
}

impl Row {
    pub(crate) fn company_ids(&self) -> Vec<&'static str> {
        self.companies.iter().map(|(id, _)| *id).collect()
    }
}

pub(crate) fn row(name: PlatformName) -> Row {
    let (_, sample) =
        counterfoil_stand_ins::samples().find(|(known, _)| *known == name.as_str()).expect("every platform has one");
    Row { name, sample }
}

pub(crate) fn rows() -> impl Iterator<Item = Row> {
    PlatformName::with_oauth().map(row)
}

#[test]
fn every_stand_in_is_of_a_platform() {
    let platforms: Vec<_> = PlatformName::with_oauth().map(PlatformName::as_str).collect();
    assert_eq!(counterfoil_stand_ins::names().collect::<Vec<_>>(), platforms);
}
