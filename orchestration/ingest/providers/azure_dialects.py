"""Header spellings of Azure's cost exports: every generation and agreement, and translations.

Data only. Spellings are compared after folding case, accents, spaces and punctuation, so
`MeterSubCategory`, `meterSubcategory` and `Meter Sub-Category` are one. `Kosten (Cost)`, as the
enterprise portal writes localised files, needs no entry: the name in brackets is read. The
translations below are for files that carry the local name alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Contract column -> other English spellings, the one to be preferred first.
ENGLISH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "billing_account_id": ("EnrollmentNumber", "Enrollment Number", "EnrollmentId"),
        "billing_account_name": ("EnrollmentName",),
        "invoice_id": ("InvoiceNumber",),
        "invoice_section_id": ("DepartmentId",),
        "invoice_section_name": ("InvoiceSection", "DepartmentName", "Department"),
        "subscription_id": ("SubscriptionGuid",),
        "date": ("UsageDateTime", "UsageDate", "UsageStart", "UsageStartDate"),
        "product_name": ("Product",),
        "meter_sub_category": ("MeterSubcategoryName",),
        "quantity": ("UsageQuantity", "ConsumedQuantity"),
        "effective_price": ("ResourceRate", "Rate", "EffectiveUnitPrice"),
        "cost": (
            "CostInBillingCurrency",
            "PreTaxCost",
            "ExtendedCost",
            "BillingPreTaxTotal",
        ),
        "payg_price": ("PayAsYouGoPrice", "MarketPrice", "RetailPrice"),
        "billing_currency": ("BillingCurrencyCode", "Currency", "CurrencyCode"),
        "pricing_currency": ("PricingCurrencyCode",),
        "cost_in_pricing_currency": ("PricingPreTaxTotal",),
        "exchange_rate_pricing_to_billing": ("ExchangeRate", "PCToBCExchangeRate"),
        "resource_id": ("InstanceId", "InstanceName", "ResourceUri"),
        "resource_group": ("ResourceGroupName",),
        "cost_center": ("CostCentre",),
        "unit_of_measure": ("Unit", "UnitType"),
        "partner_name": ("PartnerTenantName",),
        "reseller_name": ("ResellerTenantName",),
        "is_azure_credit_eligible": ("AzureCreditEligible",),
    }
)

# Contract column -> German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Japanese.
TRANSLATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "billing_account_id": (
            "Abrechnungskonto-ID", "ID des Abrechnungskontos", "Registrierungsnummer",
            "ID de compte de facturation", "ID du compte de facturation", "Numéro d'inscription",
            "Id. de cuenta de facturación", "Identificador de cuenta de facturación",
            "ID account di fatturazione", "ID da conta de faturamento", "ID da conta de faturação",
            "Factureringsaccount-id", "Identyfikator konta rozliczeniowego",
            "Faktureringskonto-ID", "課金アカウント ID",
        ),
        "billing_currency": (
            "Währung", "Abrechnungswährung", "Devise", "Devise de facturation", "Moneda",
            "Moneda de facturación", "Valuta", "Valuta di fatturazione", "Moeda",
            "Moeda de faturamento", "Moeda de faturação", "Factureringsvaluta", "Waluta",
            "Waluta rozliczeniowa", "Faktureringsvaluta", "通貨", "課金通貨",
        ),
        "billing_period_start_date": (
            "Startdatum des Abrechnungszeitraums", "Date de début de la période de facturation",
            "Fecha de inicio del período de facturación",
            "Data di inizio del periodo di fatturazione",
            "Data de início do período de faturamento", "Begindatum van factureringsperiode",
            "Data rozpoczęcia okresu rozliczeniowego", "Startdatum för faktureringsperiod",
            "請求期間の開始日",
        ),
        "billing_period_end_date": (
            "Enddatum des Abrechnungszeitraums", "Date de fin de la période de facturation",
            "Fecha de finalización del período de facturación",
            "Data di fine del periodo di fatturazione", "Data de término do período de faturamento",
            "Einddatum van factureringsperiode", "Data zakończenia okresu rozliczeniowego",
            "Slutdatum för faktureringsperiod", "請求期間の終了日",
        ),
        "subscription_id": (
            "Abonnement-GUID", "Abonnement-ID", "ID d'abonnement", "GUID d'abonnement",
            "ID de l'abonnement", "Id. de suscripción", "Identificador de suscripción",
            "GUID de suscripción", "ID sottoscrizione", "ID da assinatura", "ID da subscrição",
            "Identyfikator subskrypcji", "Prenumerations-ID", "サブスクリプション ID",
        ),
        "subscription_name": (
            "Name des Abonnements", "Abonnementname", "Nom de l'abonnement",
            "Nombre de suscripción", "Nome sottoscrizione", "Nome da assinatura",
            "Nome da subscrição", "Abonnementsnaam", "Nazwa subskrypcji", "Prenumerationsnamn",
            "サブスクリプション名",
        ),
        "date": (
            "Datum", "Nutzungsdatum", "Date d'utilisation", "Fecha", "Fecha de uso", "Data",
            "Data di utilizzo", "Data de uso", "Data de utilização", "Gebruiksdatum",
            "Data użycia", "Användningsdatum", "日付", "使用日",
        ),
        "product_name": (
            "Produkt", "Produktname", "Produit", "Nom du produit", "Producto",
            "Nombre del producto", "Prodotto", "Nome del prodotto", "Produto", "Nome do produto",
            "Productnaam", "Nazwa produktu", "Produktnamn", "製品名",
        ),
        "meter_id": (
            "ID der Verbrauchseinheit", "Verbrauchseinheit-ID", "ID de compteur", "ID du compteur",
            "Id. de medidor", "Identificador de medidor", "ID contatore", "ID do medidor",
            "Meter-id", "Identyfikator miernika", "Mätar-ID", "測定 ID",
        ),
        "meter_name": (
            "Name der Verbrauchseinheit", "Nom de compteur", "Nom du compteur",
            "Nombre de medidor", "Nome contatore", "Nome do medidor", "Meternaam",
            "Nazwa miernika", "Mätarnamn", "測定名",
        ),
        "meter_category": (
            "Kategorie der Verbrauchseinheit", "Catégorie de compteur", "Catégorie du compteur",
            "Categoría de medidor", "Categoria contatore", "Categoria do medidor",
            "Metercategorie", "Kategoria miernika", "Mätarkategori", "測定カテゴリ",
        ),
        "meter_sub_category": (
            "Unterkategorie der Verbrauchseinheit", "Sous-catégorie de compteur",
            "Sous-catégorie du compteur", "Subcategoría de medidor", "Sottocategoria contatore",
            "Subcategoria do medidor", "Metersubcategorie", "Podkategoria miernika",
            "Underkategori för mätare", "測定サブカテゴリ",
        ),
        "meter_region": (
            "Region der Verbrauchseinheit", "Région de compteur", "Région du compteur",
            "Región de medidor", "Area contatore", "Região do medidor", "Meterregio",
            "Region miernika", "Mätarregion", "測定リージョン",
        ),
        "quantity": (
            "Menge", "Verbrauchte Menge", "Nutzungsmenge", "Quantité", "Quantité consommée",
            "Cantidad", "Cantidad consumida", "Quantità", "Quantità utilizzata", "Quantidade",
            "Quantidade consumida", "Hoeveelheid", "Verbruikte hoeveelheid", "Ilość",
            "Kvantitet", "数量",
        ),
        "effective_price": (
            "Ressourcensatz", "Effektiver Preis", "Taux de ressource", "Prix effectif",
            "Tarifa de recurso", "Precio efectivo", "Tariffa risorsa", "Prezzo effettivo",
            "Taxa de recurso", "Preço efetivo", "Resourcetarief", "Effectieve prijs",
            "Cena efektywna", "Effektivt pris", "実質価格",
        ),
        "cost": (
            "Kosten", "Kosten vor Steuern", "Kosten in Abrechnungswährung", "Coût",
            "Coût avant taxes", "Coût dans la devise de facturation", "Costo", "Coste",
            "Costo antes de impuestos", "Costo en la moneda de facturación",
            "Costo al lordo delle imposte", "Costo nella valuta di fatturazione", "Custo",
            "Custo antes dos impostos", "Custo na moeda de faturamento", "Kosten vóór belasting",
            "Koszt", "Kostnad", "コスト",
        ),
        "unit_price": (
            "Preis pro Einheit", "Einzelpreis", "Prix unitaire", "Precio unitario",
            "Precio por unidad", "Prezzo unitario", "Preço unitário", "Eenheidsprijs",
            "Cena jednostkowa", "Enhetspris", "単価",
        ),
        "unit_of_measure": (
            "Maßeinheit", "Unité de mesure", "Unidad de medida", "Unità di misura",
            "Unidade de medida", "Meeteenheid", "Jednostka miary", "Måttenhet", "測定単位",
        ),
        "resource_location": (
            "Ressourcenstandort", "Emplacement de la ressource", "Ubicación del recurso",
            "Ubicación de recursos", "Località risorsa", "Local do recurso",
            "Localização do recurso", "Resourcelocatie", "Lokalizacja zasobu",
            "Resursplats", "リソースの場所",
        ),
        "resource_group": (
            "Ressourcengruppe", "Groupe de ressources", "Grupo de recursos", "Gruppo di risorse",
            "Resourcegroep", "Grupa zasobów", "Resursgrupp", "リソース グループ",
        ),
        "resource_id": (
            "Instanz-ID", "ID der Instanz", "Ressourcen-ID", "ID d'instance",
            "ID de la ressource", "Id. de instancia", "Id. de recurso",
            "Identificador de recurso", "ID istanza", "ID risorsa", "ID da instância",
            "ID do recurso", "Exemplaar-id", "Resource-id", "Identyfikator zasobu",
            "Resurs-ID", "リソース ID",
        ),
        "consumed_service": (
            "Genutzter Dienst", "Service consommé", "Servicio consumido", "Servizio utilizzato",
            "Serviço consumido", "Verbruikte service", "Używana usługa", "Förbrukad tjänst",
            "使用されたサービス",
        ),
        "additional_info": (
            "Zusätzliche Informationen", "Informations supplémentaires", "Información adicional",
            "Informazioni aggiuntive", "Informações adicionais", "Aanvullende informatie",
            "Dodatkowe informacje", "Ytterligare information", "追加情報",
        ),
        "tags": (
            "Markierungen", "Étiquettes", "Balises", "Etiquetas", "Tag", "Marcas", "Taggar", "タグ",
        ),
        "cost_center": (
            "Kostenstelle", "Centre de coûts", "Centro de costos", "Centro de coste",
            "Centro di costo", "Centro de custo", "Kostenplaats", "Centrum kosztów",
            "Kostnadsställe", "コスト センター",
        ),
        "service_info1": ("Dienstinformation 1", "Informations sur le service 1"),
        "service_info2": ("Dienstinformation 2", "Informations sur le service 2"),
    }
)  # fmt: skip


def aliases(column: str) -> tuple[str, ...]:
    """All other spellings of a contract column's header."""
    return (*ENGLISH.get(column, ()), *TRANSLATIONS.get(column, ()))
