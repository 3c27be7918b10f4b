//! An update expression, built attribute by attribute with placeholders for every name and value.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use counterfoil_core::port::store::StoreError;
use serde::Serialize;

use crate::row::attribute;
use crate::table::{Key, PK, SK, Table};

/// Changes to one item.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    sets: Vec<String>,
    removes: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Changes {
    /// Sets an attribute, or removes it where there is no value.
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

    /// Removes an attribute.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        self.removes.push(format!("#{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// An attribute that the condition alone speaks of, as `#name`: for names that are reserved words.
    pub(crate) fn naming(mut self, name: &str) -> Self {
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// A value for the condition.
    pub(crate) fn given(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// The update of one item under a condition; attribute names in the condition stand as they are.
    pub(crate) fn under(self, table: &Table, key: &Key, condition: &str) -> Update {
        let clause = |word: &str, parts: &[String]| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
        };
        Update::builder()
            .table_name(&table.name)
            .key(PK, AttributeValue::S(key.pk.clone()))
            .key(SK, AttributeValue::S(key.sk.clone()))
            .update_expression(format!("{}{}", clause("SET", &self.sets), clause("REMOVE", &self.removes)).trim_end())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values).filter(|values| !values.is_empty()))
            .build()
            .expect("table, key and expression are given")
    }
}
