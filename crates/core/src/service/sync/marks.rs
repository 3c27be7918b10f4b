//! The marks of a run on the records that it has read. One takes 8 bytes, so that a million fit beside a page into the memory of a worker.

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

/// The records, by the beginnings of their ids: the kind and the first ten bits name the part of a record, and its entry has the next
/// 61 bits.
///
/// Two records of a kind with the same 71 bits would be one here. The bits are random (SHA-256): among a million records the
/// probability of such a pair is 10^12 / 2^72, less than one in four thousand million; among ten million, one in forty million. Both
/// records of a pair would be stored all the same. A full run would count one of them, and not see that the platform deleted the other.
pub(crate) struct Marks(Vec<Part>);

/// The entries of a part in the order of their arrival, in pieces that are never moved or freed: where an array grows and is copied,
/// the memory of the copies before it stays too small for the next. A part of a million records is a thousand entries, which takes
/// less time to search than a record takes to read.
type Part = Vec<Box<Piece>>;

/// With the 8 bytes that an allocator adds it is 256 bytes. An entry that is not used is 0.
type Piece = [Entry; 31];

/// Bits of an id, and below them a bit for each mark.
type Entry = u64;

/// The bits of an entry that are marks.
const MARKS: Entry = 0b111;
/// Into how many parts the records of a kind are divided.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 10;

impl Marks {
    pub(crate) fn new() -> Self {
        Self(vec![Vec::new(); 2 * PARTS])
    }

    /// Marks a record. `false` where it had that mark before.
    pub(crate) fn mark(&mut self, id: &RecordId, mark: Mark) -> bool {
        let (place, beginning) = split(id);
        let part = &mut self.0[place];
        let entry =
            match part.iter_mut().flat_map(|piece| piece.iter_mut()).find(|entry| **entry == 0 || is_of(**entry, beginning)) {
                Some(entry) => entry,
                None => &mut part.push_mut(Box::new([0; _]))[0],
            };
        let is_new = *entry & bit(mark) == 0;
        *entry |= beginning | bit(mark);
        is_new
    }

    /// Whether a record has a mark.
    pub(crate) fn has(&self, id: &RecordId, mark: Mark) -> bool {
        let (place, beginning) = split(id);
        let mut entries = self.0[place].iter().flat_map(|piece| piece.iter());
        entries.any(|entry| is_of(*entry, beginning) && entry & bit(mark) != 0)
    }
}

/// The number of a record's part, and the bits of its id for the entry.
fn split(id: &RecordId) -> (usize, Entry) {
    let [first, second, rest @ ..] = *id.bytes();
    let part = usize::from(u16::from_be_bytes([first, second]) >> (u16::BITS - PART_BITS));
    let (next, _) = rest.split_first_chunk().expect("an id is longer");
    let of_kind = match id.kind() {
        RecordKind::Check => 0,
        RecordKind::Invoice => PARTS,
    };
    (of_kind + part, Entry::from_be_bytes(*next) & !MARKS)
}

fn is_of(entry: Entry, beginning: Entry) -> bool {
    entry & !MARKS == beginning
}

fn bit(mark: Mark) -> Entry {
    1 << mark as u8
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
    fn a_hundred_thousand_records_take_less_than_one_and_a_tenth_megabytes() {
        let mut marks = Marks::new();
        for number in 0..100_000 {
            marks.mark(&id(RecordKind::Check, number), Mark::Seen);
        }
        let of_part =
            |part: &Part| size_of::<Part>() + part.capacity() * size_of::<Box<Piece>>() + part.len() * (size_of::<Piece>() + 8);
        let bytes: usize = marks.0.iter().map(of_part).sum();
        assert!(bytes < 1_100_000, "{bytes} bytes");
    }
}
