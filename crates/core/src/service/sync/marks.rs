//! The marks of a run on the records that it has read. One takes 12 bytes, so that a million fit beside a page into the memory of a worker.

use crate::model::record::RecordKind;
use crate::model::stored_record::RecordId;

/// What a run knows of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    /// A page has shown it.
    Seen,
    /// A page has shown that it cannot be read.
    Unread,
    /// It was read from the table, to be compared.
    Compared,
}

/// The records, by the beginnings of their ids.
pub(crate) struct Marks(Vec<Vec<Entry>>);

/// The beginning of an id, and a bit for each mark of each kind of record with that id.
type Entry = [u8; BEGINNING + 1];

/// How many bytes of an id are kept. They are random: among ten million ids of a company two have the same 88 bits with a probability
/// of less than one in a million million.
const BEGINNING: usize = 11;
/// Into how many parts the records are divided, so that one is inserted among few others.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 10;

impl Marks {
    pub(crate) fn new() -> Self {
        Self(vec![Vec::new(); PARTS])
    }

    /// Marks a record. `false` where it had that mark before.
    pub(crate) fn mark(&mut self, id: &RecordId, mark: Mark) -> bool {
        let part = &mut self.0[part_of(id)];
        let at = find(part, id).unwrap_or_else(|at| {
            if part.len() == part.capacity() {
                // By an eighth, where `Vec` itself would double: nearly all of the memory is used.
                part.reserve_exact(part.len() / 8 + 2);
            }
            part.insert(at, entry(id));
            at
        });
        let marks = &mut part[at][BEGINNING];
        let is_new = *marks & bit(id, mark) == 0;
        *marks |= bit(id, mark);
        is_new
    }

    /// Whether a record has a mark.
    pub(crate) fn has(&self, id: &RecordId, mark: Mark) -> bool {
        let part = &self.0[part_of(id)];
        find(part, id).is_ok_and(|at| part[at][BEGINNING] & bit(id, mark) != 0)
    }
}

fn part_of(id: &RecordId) -> usize {
    let [first, second, ..] = *id.bytes();
    usize::from(u16::from_be_bytes([first, second]) >> (u16::BITS - PART_BITS))
}

fn find(part: &[Entry], id: &RecordId) -> Result<usize, usize> {
    part.binary_search_by(|entry| entry[..BEGINNING].cmp(&id.bytes()[..BEGINNING]))
}

fn entry(id: &RecordId) -> Entry {
    let mut entry = [0; BEGINNING + 1];
    entry[..BEGINNING].copy_from_slice(&id.bytes()[..BEGINNING]);
    entry
}

fn bit(id: &RecordId, mark: Mark) -> u8 {
    match id.kind() {
        RecordKind::Check => 1 << mark as u8,
        RecordKind::Invoice => 16 << mark as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: RecordKind, number: u32) -> RecordId {
        let mut hash = [0; RecordId::BYTES];
        hash.copy_from_slice(
            &aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number.to_be_bytes()).as_ref()[..RecordId::BYTES],
        );
        RecordId::stored(kind, hash)
    }

    #[test]
    fn each_mark_of_each_kind_is_remembered_apart() {
        let all = [RecordKind::Check, RecordKind::Invoice]
            .map(|kind| [Mark::Seen, Mark::Unread, Mark::Compared].map(|mark| (kind, mark)));
        let all = all.concat();
        let mut marks = Marks::new();
        for number in 0..1_000 {
            for (at, (kind, mark)) in all.iter().enumerate() {
                assert!(all[at..].iter().all(|(kind, mark)| !marks.has(&id(*kind, number), *mark)));
                assert!(marks.mark(&id(*kind, number), *mark), "{kind:?} {number} {mark:?} is new");
                assert!(!marks.mark(&id(*kind, number), *mark), "{kind:?} {number} {mark:?} is new once");
                assert!(all[..=at].iter().all(|(kind, mark)| marks.has(&id(*kind, number), *mark)));
            }
        }
        assert!((1_000..2_000).all(|number| !marks.has(&id(RecordKind::Check, number), Mark::Seen)));
    }

    #[test]
    fn a_hundred_thousand_records_take_less_than_one_and_a_half_megabytes() {
        let mut marks = Marks::new();
        for number in 0..100_000 {
            marks.mark(&id(RecordKind::Check, number), Mark::Seen);
        }
        let entries: usize = marks.0.iter().map(Vec::capacity).sum();
        assert!(entries * size_of::<Entry>() + PARTS * size_of::<Vec<Entry>>() < 1_500_000, "{entries} entries");
    }
}
