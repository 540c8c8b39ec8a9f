"""How cost details spell regions, where that is not how Resource Manager spells them."""

from __future__ import annotations

from typing import Final

REGION_SPELLINGS: Final = {
    "useast": "eastus",
    "useast2": "eastus2",
    "uscentral": "centralus",
    "usnorthcentral": "northcentralus",
    "ussouthcentral": "southcentralus",
    "uswest": "westus",
    "uswest2": "westus2",
    "uswest3": "westus3",
    "uswestcentral": "westcentralus",
    "eunorth": "northeurope",
    "euwest": "westeurope",
    "apeast": "eastasia",
    "apsoutheast": "southeastasia",
    "aueast": "australiaeast",
    "ausoutheast": "australiasoutheast",
    "aucentral": "australiacentral",
    "brsouth": "brazilsouth",
    "cacentral": "canadacentral",
    "caeast": "canadaeast",
    "chnorth": "switzerlandnorth",
    "chwest": "switzerlandwest",
    "dewestcentral": "germanywestcentral",
    "denorth": "germanynorth",
    "frcentral": "francecentral",
    "frsouth": "francesouth",
    "incentral": "centralindia",
    "insouth": "southindia",
    "inwest": "westindia",
    "jaeast": "japaneast",
    "jawest": "japanwest",
    "krcentral": "koreacentral",
    "krsouth": "koreasouth",
    "noeast": "norwayeast",
    "nowest": "norwaywest",
    "secentral": "swedencentral",
    "uksouth": "uksouth",
    "ukwest": "ukwest",
    "aenorth": "uaenorth",
    "zanorth": "southafricanorth",
    "zawest": "southafricawest",
}
"""Meter region in lower case without blanks (``US East`` -> ``useast``) -> region of Resource Manager.

Anything else is already spelled so, apart from case and blanks (``East US`` -> ``eastus``). Source: meter regions of
the retail price list, whose items name both spellings,
https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices.
"""
