//! Lines of transactions.

use super::common::{CUSTOM_FIELDS, LINE_ID};
use super::words::BILLING_STATUSES;
use crate::resource::field::{Field, Kind};

/// The expense lines of a check or bill.
pub(super) const EXPENSE_LINES: Field = Field::new("expenseLines", "ExpenseLineRet", Kind::List(EXPENSE_LINE));
/// The item lines of a check or bill.
pub(super) const ITEM_LINES: Field = Field::new("itemLines", "ItemLineRet", Kind::List(ITEM_LINE));
/// The item groups of a check or bill.
pub(super) const ITEM_GROUP_LINES: Field = Field::new("itemGroupLines", "ItemGroupLineRet", Kind::List(ITEM_GROUP_LINE));
/// The lines of an invoice.
pub(super) const INVOICE_LINES: Field = Field::new("lines", "InvoiceLineRet", Kind::List(INVOICE_LINE));
/// The groups of an invoice's lines.
pub(super) const INVOICE_LINE_GROUPS: Field = Field::new("lineGroups", "InvoiceLineGroupRet", Kind::List(INVOICE_LINE_GROUP));

/// `qbd_expense_line`.
const EXPENSE_LINE: &[Field] = &[
    Field::new("id", "TxnLineID", Kind::Text),
    Field::object_type("qbd_expense_line"),
    Field::new("account", "AccountRef", Kind::Ref),
    Field::new("amount", "Amount", Kind::Decimal),
    Field::new("memo", "Memo", Kind::Text),
    Field::new("payee", "CustomerRef", Kind::Ref),
    CLASS,
    SALES_TAX_CODE,
    BILLING_STATUS,
    SALES_REPRESENTATIVE,
    CUSTOM_FIELDS,
];

/// `qbd_item_line`.
const ITEM_LINE: &[Field] = &[
    LINE_ID,
    Field::object_type("qbd_item_line"),
    ITEM,
    INVENTORY_SITE,
    INVENTORY_SITE_LOCATION,
    SERIAL_NUMBER,
    LOT_NUMBER,
    EXPIRATION_DATE,
    DESCRIPTION,
    QUANTITY,
    UNIT_OF_MEASURE,
    OVERRIDE_UNIT_OF_MEASURE_SET,
    Field::new("cost", "Cost", Kind::Decimal),
    Field::new("amount", "Amount", Kind::Decimal),
    Field::new("customer", "CustomerRef", Kind::Ref),
    CLASS,
    SALES_TAX_CODE,
    BILLING_STATUS,
    SALES_REPRESENTATIVE,
    CUSTOM_FIELDS,
];

/// `qbd_item_group_line`. Its `DataExt`, which has no type, cannot be shown as a custom field and is left out.
const ITEM_GROUP_LINE: &[Field] = &[
    LINE_ID,
    Field::object_type("qbd_item_group_line"),
    ITEM_GROUP,
    DESCRIPTION,
    QUANTITY,
    UNIT_OF_MEASURE,
    OVERRIDE_UNIT_OF_MEASURE_SET,
    TOTAL_AMOUNT,
    ITEM_LINES,
    CUSTOM_FIELDS,
];

/// `qbd_invoice_line`.
const INVOICE_LINE: &[Field] = &[
    LINE_ID,
    Field::object_type("qbd_invoice_line"),
    ITEM,
    DESCRIPTION,
    QUANTITY,
    UNIT_OF_MEASURE,
    OVERRIDE_UNIT_OF_MEASURE_SET,
    Field::new("rate", "Rate", Kind::Decimal),
    Field::new("ratePercent", "RatePercent", Kind::Decimal),
    CLASS,
    Field::new("amount", "Amount", Kind::Decimal),
    INVENTORY_SITE,
    INVENTORY_SITE_LOCATION,
    SERIAL_NUMBER,
    LOT_NUMBER,
    EXPIRATION_DATE,
    SERVICE_DATE,
    SALES_TAX_CODE,
    Field::new("otherCustomField1", "Other1", Kind::Text),
    Field::new("otherCustomField2", "Other2", Kind::Text),
    CUSTOM_FIELDS,
];

/// `qbd_invoice_line_group`.
const INVOICE_LINE_GROUP: &[Field] = &[
    LINE_ID,
    Field::object_type("qbd_invoice_line_group"),
    ITEM_GROUP,
    DESCRIPTION,
    QUANTITY,
    UNIT_OF_MEASURE,
    OVERRIDE_UNIT_OF_MEASURE_SET,
    Field::required("shouldPrintItemsInGroup", "IsPrintItemsInGroup", Kind::Flag),
    TOTAL_AMOUNT,
    SERVICE_DATE,
    INVOICE_LINES,
    CUSTOM_FIELDS,
];

const ITEM: Field = Field::new("item", "ItemRef", Kind::Ref);
const ITEM_GROUP: Field = Field::required("itemGroup", "ItemGroupRef", Kind::Ref);
const INVENTORY_SITE: Field = Field::new("inventorySite", "InventorySiteRef", Kind::Ref);
const INVENTORY_SITE_LOCATION: Field = Field::new("inventorySiteLocation", "InventorySiteLocationRef", Kind::Ref);
const SERIAL_NUMBER: Field = Field::new("serialNumber", "SerialNumber", Kind::Text);
const LOT_NUMBER: Field = Field::new("lotNumber", "LotNumber", Kind::Text);
/// In qbXML 16.0 and later. There it is a text, so it is shown as it was sent.
const EXPIRATION_DATE: Field = Field::new("expirationDate", "ExpirationDateForSerialLotNumber", Kind::Text);
const DESCRIPTION: Field = Field::new("description", "Desc", Kind::Text);
const QUANTITY: Field = Field::new("quantity", "Quantity", Kind::Number);
const UNIT_OF_MEASURE: Field = Field::new("unitOfMeasure", "UnitOfMeasure", Kind::Text);
const OVERRIDE_UNIT_OF_MEASURE_SET: Field = Field::new("overrideUnitOfMeasureSet", "OverrideUOMSetRef", Kind::Ref);
const CLASS: Field = Field::new("class", "ClassRef", Kind::Ref);
const SALES_TAX_CODE: Field = Field::new("salesTaxCode", "SalesTaxCodeRef", Kind::Ref);
const BILLING_STATUS: Field = Field::new("billingStatus", "BillableStatus", Kind::Word(BILLING_STATUSES));
const SALES_REPRESENTATIVE: Field = Field::new("salesRepresentative", "SalesRepRef", Kind::Ref);
const SERVICE_DATE: Field = Field::new("serviceDate", "ServiceDate", Kind::Date);
const TOTAL_AMOUNT: Field = Field::required("totalAmount", "TotalAmount", Kind::Decimal);
