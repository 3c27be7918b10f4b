//! The accounts that a company pays from: a bank account for each of its currencies, a further one, and a card.

use super::Profile;

/// A bank account, or a card.
#[derive(Clone, Copy)]
pub(crate) struct Account {
    /// The number of the account, 1 to 99.
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
}

/// The bank accounts, in the order of the company's currencies.
const BANK_ACCOUNTS: [(u64, &str); 3] =
    [(35, "Operating Checking"), (36, "Foreign Currency Account"), (37, "Second Currency Account")];
/// A further bank account in the company's own currency.
const PAYROLL: (u64, &str) = (38, "Payroll Checking");
/// The account of card purchases.
const CARD: (u64, &str) = (41, "Business Visa");

impl Profile {
    /// The company's own currency.
    pub(crate) fn home(&self) -> &'static str {
        self.currencies[0]
    }

    /// All accounts, the card last.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let of_currencies = self.currencies.iter().zip(BANK_ACCOUNTS).map(|(currency, account)| (account, *currency));
        let at_home = [(PAYROLL, self.home()), (CARD, self.home())];
        of_currencies.chain(at_home).map(|((id, name), currency)| Account { id, name, currency }).collect()
    }

    /// The bank account in a currency, or the one in the company's own currency if there is none.
    pub(crate) fn bank_account(&self, currency: &str) -> Account {
        let accounts = self.accounts();
        accounts.iter().find(|account| account.currency == currency).copied().unwrap_or(accounts[0])
    }

    pub(crate) fn payroll(&self) -> Account {
        Account { id: PAYROLL.0, name: PAYROLL.1, currency: self.home() }
    }

    pub(crate) fn card(&self) -> Account {
        Account { id: CARD.0, name: CARD.1, currency: self.home() }
    }
}

impl Account {
    pub(crate) fn is_card(&self) -> bool {
        self.id == CARD.0
    }
}
