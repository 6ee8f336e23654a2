//! The hardware (drivers/edac, drivers/acpi/apei, drivers/pci/pcie, drivers/iommu of the kernel).

use super::{Kind, Pattern, line};

pub(super) const PATTERNS: &[Pattern] = &[
    line(Kind::MemoryErrorCorrected, "EDAC ", r"EDAC (?<subject>MC\d+|\w+): \d+ CE\b"),
    line(Kind::MemoryErrorCorrected, "CE memory read error", r"CE memory read error"),
    line(Kind::MemoryErrorUncorrected, "EDAC ", r"EDAC (?<subject>MC\d+|\w+): \d+ UE\b"),
    line(
        Kind::HardwareErrorUncorrected,
        "[Hardware Error]",
        r"\[Hardware Error\]: (?:event severity: (?:recoverable|fatal)|CPU \d+: Machine Check Exception)",
    ),
    line(
        Kind::HardwareError,
        "[Hardware Error]",
        r"\[Hardware Error\]: (?:event severity: corrected|Machine check events logged|CPU \d+: Machine Check)",
    ),
    line(
        Kind::PcieError,
        "PCIe Bus Error",
        r"(?:\w+ )?(?<subject>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]): PCIe Bus Error: severity=",
    ),
    line(Kind::IommuFault, "DMAR: ", r"DMAR: \[.*[Rr]equest device \[?(?<subject>[0-9a-f:.]+)\]?.*fault"),
    line(
        Kind::IommuFault,
        "IO_PAGE_FAULT",
        r"AMD-Vi: Event logged \[IO_PAGE_FAULT (?:.* )?device=(?<subject>[0-9a-f:.]+)",
    ),
    line(
        Kind::CpuThrottled,
        "temperature above threshold",
        r"(?<subject>CPU\d+): (?:Core|Package) temperature (?:is )?above threshold",
    ),
];
