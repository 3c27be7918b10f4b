//! What the Web Connector asks first: the program, the company and its preferences.

use super::writer::Writer;
use super::{COMPANY_NAME, CompanyFile, NEWEST_QBXML, OTHER_COMPANY, PATH, render};
use crate::xml::Element;

/// The path of the company file that a session has open.
pub(super) fn path(is_other: bool) -> &'static str {
    if is_other { OTHER_COMPANY.1 } else { PATH }
}

/// The program, as the content of `HostRet`.
pub(super) fn host(wanted: &[&str]) -> String {
    let mut out = Writer::of(wanted);
    out.leaf("ProductName", "QuickBooks Desktop Pro 2024");
    out.leaf("MajorVersion", "34");
    out.leaf("MinorVersion", "0");
    out.leaf("Country", "US");
    (1..=NEWEST_QBXML.0).for_each(|major| out.leaf("SupportedQBXMLVersion", format!("{major}.0")));
    out.flag("IsAutomaticLogin", false);
    out.leaf("QBFileMode", "SingleUser");
    out.into_text()
}

impl CompanyFile {
    /// The company, as the content of `CompanyRet`. The stamp of an application is shown to a request that names its `OwnerID`.
    pub(super) fn company(&self, request: &Element, is_other: bool, wanted: &[&str]) -> String {
        let name = if is_other { OTHER_COMPANY.0 } else { COMPANY_NAME };
        let mut out = Writer::of(wanted);
        out.flag("IsSampleCompany", false);
        out.leaf("CompanyName", name);
        out.leaf("LegalCompanyName", name);
        let address =
            [("Addr1", "418 Alder Street"), ("City", "Boise"), ("State", "ID"), ("PostalCode", "83702"), ("Country", "US")];
        out.address("Address", &address);
        out.address("LegalAddress", &address);
        out.leaf("Phone", "208-555-0100");
        out.leaf("Email", "books@larkspur-roofing.example");
        out.leaf("FirstMonthFiscalYear", "January");
        out.leaf("FirstMonthIncomeTaxYear", "January");
        out.leaf("CompanyType", "Construction");
        out.leaf("EIN", "12-3456789");
        out.leaf("TaxForm", "Form1120S");
        out.group("SubscribedServices", |inner| {
            inner.group("Service", |service| {
                service.leaf("Name", "QuickBooks Online Billing");
                service.leaf("Domain", "QuickBooks.com");
                service.leaf("ServiceStatus", "Never");
            });
        });
        out.group("AccountantCopy", |inner| inner.flag("AccountantCopyExists", false));
        let state = self.state();
        for owner in request.children_named("OwnerID") {
            if let Some(file_id) = state.stamps.get(&owner.text.to_ascii_uppercase()).filter(|_| !is_other) {
                render::data_ext(&mut out, &owner.text, "FileID", file_id);
            }
        }
        out.into_text()
    }

    /// The preferences, as the content of `PreferencesRet`.
    pub(super) fn preferences(&self, wanted: &[&str]) -> String {
        let mut out = Writer::of(wanted);
        out.group("AccountingPreferences", |inner| {
            inner.flag("IsUsingAccountNumbers", true);
            inner.flag("IsRequiringAccounts", true);
            inner.flag("IsUsingClassTracking", false);
            inner.flag("IsUsingAuditTrail", true);
            inner.flag("IsAssigningJournalEntryNumbers", true);
        });
        out.group("FinanceChargePreferences", |inner| {
            inner.leaf("GracePeriod", "0");
            inner.flag("IsAssessingForOverdueCharges", false);
            inner.leaf("CalculateChargesFrom", "DueDate");
            inner.flag("IsMarkedToBePrinted", false);
        });
        out.group("JobsAndEstimatesPreferences", |inner| {
            inner.flag("IsUsingEstimates", true);
            inner.flag("IsUsingProgressInvoicing", false);
            inner.flag("IsPrintingItemsWithZeroAmounts", false);
        });
        out.group("MultiCurrencyPreferences", |inner| inner.flag("IsMultiCurrencyOn", self.contents.multicurrency));
        out.group("PurchasesAndVendorsPreferences", |inner| {
            inner.flag("IsUsingInventory", false);
            inner.leaf("DaysBillsAreDue", "30");
            inner.flag("IsAutomaticallyUsingDiscounts", false);
        });
        out.group("ReportsPreferences", |inner| {
            inner.leaf("AgingReportBasis", "AgeFromDueDate");
            inner.leaf("SummaryReportBasis", "Accrual");
        });
        out.group("SalesAndCustomersPreferences", |inner| {
            inner.flag("IsTrackingReimbursedExpensesAsIncome", false);
            inner.flag("IsAutoApplyingPayments", true);
        });
        out.group("CurrentAppAccessRights", |inner| {
            inner.flag("IsAutomaticLoginAllowed", true);
            inner.flag("IsPersonalDataAccessAllowed", false);
        });
        out.into_text()
    }
}
