"""Labels of papers in seven languages name properties in English."""

from __future__ import annotations

import pytest

from extraction.frames import frames_of
from extraction.labels import label_words
from extraction.schemas import parse_object_types

_SURE = 0.7
LABELS = {
    "German": "Geburtsort:birth_place Familienstand:marital_status Versicherungsnehmer:policyholder "
    "Schadensdatum:damage_date Fahrgestellnummer:vin Kilometerstand:mileage Bruttolohn:gross_salary "
    "Wohnfläche:living_area Auftraggeber:client Fälligkeitsdatum:due_date Zählerstand:meter_reading "
    "Schriftführer:minute_taker Kontoinhaber:account_holder Impfstoff:vaccine Rechtsform:legal_form "
    "Veranlagungszeitraum:tax_year Hausarzt:general_practitioner Urlaubstage:vacationDays",
    "French": "Lieu_de_naissance:place_of_birth Nom_et_prénom:full_name N°_de_police:policyNumber "
    "Première_mise_en_circulation:first_registration Net_à_payer:net_pay Dépôt_de_garantie:deposit "
    "Expéditeur:sender Date_d'échéance:due_date Conditions_de_règlement:payment_terms "
    "Médecin_traitant:general_practitioner Groupe_sanguin:blood_group Siège_social:registered_office "
    "Taux_d'intérêt:interest_rate Nombre_de_pièces:number_of_rooms Année_scolaire:school_year",
    "Spanish": "Fecha_de_nacimiento:dateOfBirth Razón_social:companyName Número_de_póliza:policy_number "
    "Matrícula:plate_number Fianza:deposit Dirección_de_entrega:delivery_address Asignatura:subject "
    "Fecha_de_expedición:issue_date Válido_hasta:valid_until Raza:breed Estado_civil:maritalStatus",
    "Italian": "Luogo_di_nascita:birthPlace Ragione_sociale:company_name Codice_fiscale:taxNumber "
    "Sede_legale:registeredOffice Forma_giuridica:legalForm Capitale_sociale:shareCapital Targa:license_plate "
    "Committente:client Data_scadenza:due_date Data_di_rilascio:issue_date Prossima_riunione:next_meeting",
    "Dutch": "Geboortedatum:date_of_birth Leverdatum:delivery_date Factuurnummer:invoice_number Opdrachtgever:client "
    "Opzegtermijn:notice_period Bouwjaar:year_built Achternaam:last_name Vervaldatum:due_date Leerling:student",
    "Portuguese": "Morada_de_entrega:delivery_address Data_de_emissão:issue_date Fornecedor:supplier "
    "Segurado:insured Raça:breed Nacionalidade:nationality",
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(LABELS))
def test_a_label_names_the_property_that_means_it(language: str) -> None:
    strangers = []
    for pair in LABELS[language].split():
        label, name = pair.replace("_", " ", pair.split(":")[0].count("_")).split(":")
        schema = {
            "Paper": {
                "type": "object",
                "properties": {name: {"type": "string"}, "extra_sheet": {"type": "string"}},
            }
        }
        frame = frames_of(parse_object_types(schema))[0]
        rated = {slot.path[0]: rate for rate, slot in frame.match(label_words(label))}
        if rated.get(name, 0.0) < _SURE or "extra_sheet" in rated:
            strangers.append(pair)
    assert strangers == []


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Auftragnehmer", "client"),
        ("Arbeitgeber", "employee"),
        ("Prêteur", "borrower"),
        ("Expéditeur", "recipient"),
        ("Partenza", "arrival"),
        ("Numero di telefono", "tax_number"),
        ("Peso neto", "gross_weight"),
        ("Saldo anterior", "closing_balance"),
        ("Geldig vanaf", "valid_until"),
    ],
)
def test_a_label_does_not_name_the_opposite(label: str, name: str) -> None:
    schema = {"Paper": {"type": "object", "properties": {name: {"type": "string"}}}}
    frame = frames_of(parse_object_types(schema))[0]
    assert frame.match(label_words(label)) == [] or frame.match(label_words(label))[0][0] < _SURE
