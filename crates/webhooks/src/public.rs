//! Which IP addresses are public, by IANA's registries of special-purpose addresses (RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of IPv4 addresses: its first address and the length of its prefix.
type BlockV4 = (Ipv4Addr, u32);
/// A block of IPv6 addresses.
type BlockV6 = (Ipv6Addr, u32);

/// The blocks that are not public (<https://www.iana.org/assignments/iana-ipv4-special-registry>), and multicast.
const REFUSED_V4: [BlockV4; 15] = [
    // "This network" (RFC 791)
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private (RFC 1918)
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared by carriers (RFC 6598)
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback (RFC 1122)
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local (RFC 3927). Clouds have their metadata at 169.254.169.254.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Private (RFC 1918)
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // Protocol assignments (RFC 6890)
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation (RFC 5737)
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Relays of 6to4 (RFC 7526)
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Private (RFC 1918)
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Benchmarks (RFC 2544)
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Documentation (RFC 5737)
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast (RFC 5771)
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved (RFC 1112), and broadcast
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// All global unicast addresses (<https://www.iana.org/assignments/ipv6-address-space>). Loopback, mapped IPv4 addresses, NAT64,
/// unique local, link-local and multicast addresses are outside.
const GLOBAL_V6: BlockV6 = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The blocks in it that are not public (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
const REFUSED_V6: [BlockV6; 4] = [
    // Protocol assignments (RFC 2928), Teredo among them (RFC 4380)
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation (RFC 3849)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which contains IPv4 addresses (RFC 3056)
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // Documentation (RFC 9637)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether anybody on the internet can reach this address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !REFUSED_V4.iter().any(|block| in_v4(address, *block)),
        IpAddr::V6(address) => in_v6(address, GLOBAL_V6) && !REFUSED_V6.iter().any(|block| in_v6(address, *block)),
    }
}

fn in_v4(address: Ipv4Addr, (first, length): BlockV4) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= length
}

fn in_v6(address: Ipv6Addr, (first, length): BlockV6) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap_or_else(|error| panic!("{address}: {error}")))
    }

    #[test]
    fn a6_the_first_and_the_last_address_of_each_block_are_refused_and_their_neighbours_are_not() {
        for (before, first, last, after) in [
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("2000:ffff:ffff:ffff::", "2001::", "2001:1ff:ffff::", "2001:200::"),
            ("2001:db7:ffff::", "2001:db8::", "2001:db8:ffff::", "2001:db9::"),
            ("2001:ffff::", "2002::", "2002:ffff::", "2003::"),
            ("3ffe:ffff::", "3fff::", "3fff:fff:ffff::", "3fff:1000::"),
        ] {
            assert_eq!([before, first, last, after].map(public), [true, false, false, true], "{first}");
        }
        for (refused, neighbour) in [("0.255.255.255", "1.0.0.0"), ("224.0.0.0", "223.255.255.255"), ("1fff:ffff::", "2000::")] {
            assert_eq!([refused, neighbour].map(public), [false, true], "{refused}");
        }
    }

    #[test]
    fn a6_addresses_inside_of_other_forms_are_refused() {
        for address in [
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "5f00::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn a6_no_address_is_public_that_the_standard_library_calls_special(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let is_special = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_broadcast()
                || address.is_documentation() || address.is_unspecified() || address.is_multicast();
            prop_assert!(!(is_special && is_public(IpAddr::V4(address))));
            prop_assert!(!is_public(IpAddr::V6(address.to_ipv6_mapped())));
        }
    }
}
