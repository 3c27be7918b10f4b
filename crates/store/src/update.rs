//! Builds an update expression attribute by attribute, with placeholders for all names and values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use counterfoil_core::port::store::StoreError;
use serde::Serialize;

use crate::key::Key;
use crate::row::attribute;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;

/// The changes of one item.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Changes {
    /// Sets an attribute, or removes it if there is no value.
    pub(crate) fn put<T: Serialize>(self, name: &str, value: Option<T>) -> Result<Self, StoreError> {
        Ok(match value {
            Some(value) => self.set(name, attribute(value)?),
            None => self.remove(name),
        })
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, name: &str, value: AttributeValue) -> Self {
        self.sets.push(format!("#{name} = :{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Sets an attribute if the item does not have it yet.
    pub(crate) fn once(mut self, name: &str, value: AttributeValue) -> Self {
        self.sets.push(format!("#{name} = if_not_exists(#{name}, :{name})"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Adds to a number. A missing one counts as 0.
    pub(crate) fn add(mut self, name: &str, number: impl Into<i64>) -> Self {
        self.adds.push(format!("#{name} :{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}"), crate::row::number(number.into()));
        self
    }

    /// Removes an attribute.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.removes.push(format!("#{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// Names an attribute that only the condition uses, as `#name`. Needed for reserved words.
    pub(crate) fn naming(mut self, name: &str) -> Self {
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// Sets a value that only the condition uses.
    pub(crate) fn given(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// The update of an item under a condition. Attribute names in the condition are used as they are.
    pub(crate) fn under(self, table: &Table, key: &Key, condition: &str) -> Update {
        let mut update = self.always(table, key);
        update.condition_expression = Some(condition.to_owned());
        update
    }

    /// The update of an item, whether it exists or not.
    pub(crate) fn always(self, table: &Table, key: &Key) -> Update {
        let clause = |word: &str, parts: &[String]| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
        };
        Update::builder()
            .table_name(&table.name)
            .key(PK, AttributeValue::S(key.pk.clone()))
            .key(SK, AttributeValue::S(key.sk.clone()))
            .update_expression(
                [clause("SET", &self.sets), clause("ADD", &self.adds), clause("REMOVE", &self.removes)].concat().trim_end(),
            )
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values).filter(|values| !values.is_empty()))
            .build()
            .expect("table, key and expression are given")
    }
}
