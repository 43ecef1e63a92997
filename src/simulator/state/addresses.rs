//! Ranges of network addresses (webhooks.md §3, refused addresses).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// Any address in it.
    pub of: IpAddr,
    /// The number of leading bits that its addresses share.
    pub bits: u8,
}

const fn v4(a: u8, b: u8, bits: u8) -> AddressRange {
    AddressRange {
        of: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)),
        bits,
    }
}

const fn v6(first: u16, last: u16, bits: u8) -> AddressRange {
    AddressRange {
        of: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
        bits,
    }
}

impl AddressRange {
    /// The ranges that DocSpace refuses to send webhooks to, unless it is configured otherwise.
    pub const PRIVATE: [Self; 12] = [
        v4(0, 0, 8),
        v4(10, 0, 8),
        v4(100, 64, 10),
        v4(127, 0, 8),
        v4(169, 254, 16),
        v4(172, 16, 12),
        v4(192, 168, 16),
        v6(0, 0, 128),
        v6(0, 1, 128),
        v6(0xfc00, 0, 8),
        v6(0xfd00, 0, 8),
        v6(0xfe80, 0, 10),
    ];

    /// Whether the address is in this range.
    pub fn contains(self, address: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.of, address) {
            (IpAddr::V4(of), IpAddr::V4(address)) => {
                let differing = of.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= bits
            }
            (IpAddr::V6(of), IpAddr::V6(address)) => {
                let differing = of.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= bits
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_in_the_list_and_public_ones_are_not() {
        let refused = |text: &str| {
            let address: IpAddr = text.parse().unwrap();
            AddressRange::PRIVATE
                .iter()
                .any(|range| range.contains(address))
        };
        for private in [
            "0.1.2.3",
            "10.255.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.0.1",
            "192.168.7.7",
            "::",
            "::1",
            "fc01::1",
            "fdff::1",
            "febf::1",
        ] {
            assert!(refused(private), "{private}");
        }
        for public in [
            "100.128.0.1",
            "172.32.0.1",
            "1.1.1.1",
            "::2",
            "fec0::1",
            "2001:db8::1",
        ] {
            assert!(!refused(public), "{public}");
        }
    }
}
