//! The hashes: how an entry is bound to its place and to everything before it.
//!
//! Guarantees `hash = SHA-256(0x00 ‖ seq as 8 big-endian bytes ‖ previous hash ‖ canonical entry)`, the first
//! previous hash being 32 zero bytes; documented in `docs/audit.md`. Pure; leaves reading and writing to the store.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Where the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// The number of the last entry; 0 for an empty chain.
    pub seq: i64,
    /// Its hash, lower-case hexadecimal; 64 zeros for an empty chain.
    pub hash: String,
}

impl Default for ChainHead {
    fn default() -> Self {
        Self { seq: 0, hash: "0".repeat(64) }
    }
}

/// One stored entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// The hash of the entry before.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
    /// The canonical bytes of the entry, as stored.
    pub entry: String,
}

/// Puts canonical entry bytes behind `head`.
pub fn seal(head: &ChainHead, entry: String) -> Link {
    let seq = head.seq + 1;
    Link { seq, previous: head.hash.clone(), hash: hash(seq, &head.hash, &entry), entry }
}

fn hash(seq: i64, previous: &str, entry: &str) -> String {
    let mut digest = Sha256::new();
    digest.update([0_u8]);
    digest.update(seq.to_be_bytes());
    // A previous hash that is not hexadecimal was never written by us; hashing its text keeps the two apart.
    digest.update(hex::decode(previous).unwrap_or_else(|_| previous.as_bytes().to_vec()));
    digest.update(entry.as_bytes());
    hex::encode(digest.finalize())
}

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Number `expected` is missing or out of place; `found` stands there.
    Gap {
        /// The number that should stand here.
        expected: i64,
        /// The number that does.
        found: i64,
    },
    /// The entry does not continue the one before.
    Unlinked {
        /// Which entry.
        seq: i64,
    },
    /// The entry's bytes are not the ones that were hashed.
    Altered {
        /// Which entry.
        seq: i64,
    },
    /// The chain does not end where the head says.
    Head {
        /// The number the head names.
        expected: i64,
        /// The last number there is.
        found: i64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } => {
                write!(f, "entry {expected} is missing: entry {found} stands in its place")
            }
            Self::Unlinked { seq } => write!(f, "entry {seq} does not continue the entry before it"),
            Self::Altered { seq } => write!(f, "entry {seq} is not what was written"),
            Self::Head { expected, found } => {
                write!(f, "the chain should end at entry {expected} and ends at entry {found}")
            }
        }
    }
}

/// Checks that `links` continue `from` and returns where they end.
pub fn verify<'a>(from: &ChainHead, links: impl IntoIterator<Item = &'a Link>) -> Result<ChainHead, Fault> {
    let mut head = from.clone();
    for link in links {
        if link.seq != head.seq + 1 {
            return Err(Fault::Gap { expected: head.seq + 1, found: link.seq });
        }
        if link.previous != head.hash {
            return Err(Fault::Unlinked { seq: link.seq });
        }
        if hash(link.seq, &link.previous, &link.entry) != link.hash {
            return Err(Fault::Altered { seq: link.seq });
        }
        head = ChainHead { seq: link.seq, hash: link.hash.clone() };
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: i64) -> Vec<Link> {
        let mut head = ChainHead::default();
        (0..count)
            .map(|n| {
                let link = seal(&head, format!(r#"{{"n":{n}}}"#));
                head = ChainHead { seq: link.seq, hash: link.hash.clone() };
                link
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_holds_and_can_be_verified_in_pieces() {
        let links = chain(5);
        let middle = verify(&ChainHead::default(), &links[..2]).unwrap();
        let end = verify(&middle, &links[2..]).unwrap();
        assert_eq!(end, ChainHead { seq: 5, hash: links[4].hash.clone() });
    }

    #[test]
    fn every_kind_of_tampering_is_found_and_named() {
        let tampered = |edit: fn(&mut Vec<Link>)| {
            let mut links = chain(5);
            edit(&mut links);
            verify(&ChainHead::default(), &links).unwrap_err()
        };
        assert_eq!(tampered(|l| l[2].entry.push(' ')), Fault::Altered { seq: 3 });
        assert_eq!(tampered(|l| drop(l.remove(2))), Fault::Gap { expected: 3, found: 4 });
        assert_eq!(tampered(|l| l.swap(1, 2)), Fault::Gap { expected: 2, found: 3 });
        assert_eq!(tampered(|l| l.insert(1, l[0].clone())), Fault::Gap { expected: 2, found: 1 });
        // Rewriting an entry together with its own hash breaks the next one.
        assert_eq!(
            tampered(|l| {
                let head = ChainHead { seq: 2, hash: l[1].hash.clone() };
                l[2] = seal(&head, r#"{"n":"forged"}"#.to_owned());
            }),
            Fault::Unlinked { seq: 4 }
        );
    }

    #[test]
    fn the_first_hash_is_the_documented_one() {
        assert_eq!(
            chain(1)[0].hash,
            hex::encode(Sha256::digest([vec![0; 8], vec![1], vec![0; 32], br#"{"n":0}"#.to_vec()].concat()))
        );
    }
}
