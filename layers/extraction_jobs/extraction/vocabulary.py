"""The words of business documents: which mean the same, which mean nearly the same.

The vocabulary is that of documents at large, not of any one type, in English, German, French,
Spanish, Italian, Dutch and Portuguese. All words are in lower case, in the singular.
"""

from __future__ import annotations

from extraction import vocabulary_of_phrases as phrases_of_trades
from extraction import vocabulary_of_tables as tables
from extraction import vocabulary_of_trades as trades

# Words that add nothing to a label: "Date of the invoice" is "date invoice".
FILLERS = frozenset(
    "a an the of for in on at is are was be our your their its my this that and or as do does did you "
    "has have had can with der die das des den dem von vom und für im am le la les du de et el los "
    "las y il lo di del della e da do dos das het een van au aux zum zur d l s en te et auf zu per para pour".split()
)

_MEANINGS = {
    "number": "no nr n nº n° num nbr numéro numero número nummer # identifier id code kennzeichen",
    "reference": "ref referenz référence referencia riferimento referentie aktenzeichen zeichen",
    "date": "datum fecha data",
    "amount": "sum betrag montant importe importo bedrag sums amt summe valor",
    "total": "gesamt gesamtbetrag gesamtsumme totaal totale totaux totales",
    "quantity": "qty quant menge quantité quantite cantidad quantità quantita aantal cant anz ant pcs pce piece "
    "anzahl stückzahl quantidade",
    "subtotal": "zwischensumme sous_total",
    "price": "preis prix precio prezzo prijs preço",
    "description": "desc beschreibung bezeichnung désignation designation descripción libellé "
    "descripcion descrizione omschrijving details particulars descriptif descrição concepto",
    "invoice": "rechnung facture factura fattura factuur inv fatura",
    "customer": "client buyer purchaser kunde cliente klant acheteur comprador käufer",
    "supplier": "vendor seller lieferant fournisseur proveedor fornitore leverancier verkäufer "
    "fornecedor vendeur",
    "company": "organisation organization firm firma société societe empresa azienda bedrijf "
    "unternehmen",
    "address": "adresse dirección direccion indirizzo adres addr anschrift endereço domicile domicilio morada",
    "street": "straße strasse rue calle via straat rua str",
    "city": "town ort ville ciudad città plaats locality stadt wohnort cidade",
    "country": "land pays país pais paese",
    "postal": "postale postleitzahl",
    "email": "mail courriel correo",
    "phone": "telephone tel telefon téléphone telefono teléfono telefoon telefone ph fon",
    "mobile": "mob cell handy cellphone portable móvil cellulare mobiel mobiltelefon",
    "tax": "vat mwst ust tva iva btw gst umsatzsteuer mehrwertsteuer impuesto taxe imposta steuer",
    "role": "function funktion fonction ruolo cargo post",
    "owner": "assignee responsible verantwortlich responsable assigned",
    "due": "deadline fällig fallig échéance echeance vencimiento scadenza vervaldatum",
    "attendee": "participant present teilnehmer attendance aanwezig asistente partecipante",
    "start": "begin beginn début debut inicio inizio commencement beginning starting aanvang",
    "end": "ende fin fine einde expiry expiration termination ending expire until ablauf",
    "location": "place venue lieu lugar luogo standort emplacement ubicación",
    "signature": "signed unterschrift firma_signature",
    "discount": "rabatt remise descuento sconto korting rebate nachlass desconto disc",
    "currency": "währung wahrung devise moneda valuta moeda",
    "unit": "einheit unité unite unidad unità eenheid",
    "name": "nom nombre nome naam",
    "item": "artikel article artículo articulo articolo",
    "status": "state stand état estado stato",
    "title": "titel titre título titulo titolo",
    "payment": "zahlung paiement pago pagamento betaling pay payable",
    "birth": "born geburt naissance nacimiento nascita nascimento geboorte nascimento né née geboren",
    "weight": "wt gewicht poids peso gewogen",
    "height": "größe taille altura altezza hoogte",
    "balance": "saldo solde kontostand bal",
    "bank": "kreditinstitut banque banco banca",
    "account": "konto compte cuenta conto rekening acct acc conta",
    "contract": "vertrag contrat contrato contratto",
    "order": "auftrag bestellung commande pedido ordine bestelling encomenda",
    "delivery": "lieferung livraison entrega consegna levering",
    "employee": "salarié salariée employé employée mitarbeiter empleado trabajador dipendente "
    "werknemer arbeitnehmer emp funcionário",
    "employer": "employeur arbeitgeber empleador datore werkgever empregador",
    "tenant": "mieter locataire inquilino arrendatario conduttore huurder",
    "landlord": "vermieter bailleur propriétaire arrendador locatore verhuurder",
    "rent": "miete loyer alquiler affitto huur renta kaltmiete",
    "deposit": "kaution caution fianza cauzione borg",
    "patient": "paziente paciente patiënt",
    "doctor": "physician arzt médecin médico medico dokter",
    "diagnosis": "diagnose diagnostic diagnóstico diagnosi dx",
    "insurance": "versicherung assurance seguro assicurazione verzekering",
    "policy": "police póliza polizza polis",
    "premium": "prämie prime prima premio premie beitrag",
    "salary": "gehalt salaire salario stipendio lohn sueldo wage",
    "gross": "brutto brut bruto lordo",
    "net": "netto neto",
    "deduction": "abzug retenue deducción trattenuta",
    "period": "zeitraum période periodo período periode",
    "duration": "dauer durée duración durata duur laufzeit",
    "reason": "grund motif motivo causa reden",
    "comment": "bemerkung remarque observación osservazione opmerking kommentar anmerkung",
    "sender": "absender expéditeur remitente mittente afzender exporter shipper consignor",
    "package": "colli colis kolli bulto parcel paquet paket pacco",
    "recipient": "geadresseerde empfänger destinataire destinatario ontvanger receiver addressee",
    "author": "autor auteur autore verfasser",
    "type": "typ art tipo soort kind",
    "category": "kategorie catégorie categoría categoria categorie",
    "subject": "betreff objet asunto oggetto onderwerp assunto",
    "year": "jahr année año anno jaar ano",
    "month": "monat mois mes mese maand mês",
    "day": "jour día giorno dag",
    "hour": "stunde heure hora uur std hr",
    "time": "uhrzeit tijd",
    "language": "sprache langue idioma lingua taal",
    "nationality": "staatsangehörigkeit nationalité nacionalidad nazionalità nationaliteit nacionalidade",
    "sex": "gender geschlecht sexe sexo sesso geslacht",
    "consumption": "verbrauch consommation consumo verbruik",
    "meter": "zähler compteur contador contatore",
    "reading": "zählerstand relevé lectura lettura",
    "department": "abteilung dept département departamento dipartimento afdeling",
    "project": "projekt projet proyecto progetto",
    "vehicle": "fahrzeug véhicule vehículo veicolo voertuig",
    "manager": "leiter mgr",
    "manufacturer": "hersteller fabricant fabricante produttore fabrikant mfr mfg",
    "purchase": "kauf achat compra acquisto aankoop",
    "grade": "nota voto cijfer",
    "student": "studierende étudiant étudiante estudiante studente",
    "school": "schule école escuela scuola",
    "allergy": "allergie alergia allergia",
    "medication": "medikament médicament medicamento farmaco medicatie medicine drug",
    "dose": "dosage dosierung posologie dosis",
    "organiser": "organizer veranstalter organisateur organizador",
    "color": "colour farbe couleur",
    "last": "family",
    "temperature": "temp",
    "method": "mode modalité forma método metodo methode means",
    "position": "pos rank rang ranking",
    "instalment": "installment rate_payment mensualité cuota rata",
    "remaining": "outstanding restant restante verbleibend",
    "job": "emploi beruf profession occupation profesión professione beroep métier",
    "entry": "entrée eintritt ingreso ingresso",
    "registration": "reg zulassung immatriculation",
    "percent": "percentage pct prozent pourcentage porcentaje",
}
# One spelling for words that labels use interchangeably.
CANONICAL = {
    variant: meaning
    for meanings in (tables.MEANINGS, trades.MEANINGS, _MEANINGS)
    for meaning, variants in meanings.items()
    for variant in variants.split()
}

# Words that say what others say in two.
EXPANDED = {
    word: tuple(meaning.split())
    for meaning, words in {
        "birth date": "dob birthdate birthday geburtsdatum geburtstag",
        "postal number": "zip zipcode postcode plz",
        "last name": "surname surnames lastname nachname familienname apellidos apellido cognome achternaam "
        "sobrenome",
        "first name": "forename forenames firstname firstnames given vorname vornamen prénom prénoms "
        "voornaam voornamen",
        "order number": "bestellnummer auftragsnummer",
        "customer number": "kundennummer",
        "start date": "startdatum vertragsbeginn mietbeginn",
        "end date": "enddatum vertragsende mietende",
        "purchase order": "po",
        "employee number": "matricule personalnummer personalnr matricola personeelsnummer",
        "account number": "kontonummer kontonr",
        "bill lading": "bl",
        "attention": "attn att",
        "approximate": "approx",
        "phone number": "rufnummer telefonnummer",
        "unit price": "einzelpreis stückpreis",
        "license plate": "kennzeichenschild",
        "job title": "jobtitle",
        "web site": "website webseite",
        "value date": "wertstellung wertstellungsdatum valutadatum",
        "account holder": "rekeninghouder",
    }.items()
    for word in words.split()
} | {
    word: tuple(meaning.split())
    for meaning, words in phrases_of_trades.EXPANDED.items()
    for word in words.split()
}

# Words that mean together what one does, or others do.
PHRASES = {
    tuple(phrase.split()): tuple(said.split())
    for said, phrases in {
        **phrases_of_trades.PHRASES,
        "customer": ("bill to", "billed to", "invoice to", "invoiced to", "sold to", "facture a"),
        "deliver_to": ("ship to", "shipped to", "deliver to", "delivered to"),
        "checkin": ("check in",),
        "checkout": ("check out",),
        "subtotal": ("base imponible", "total ht", "montant ht", "total net"),
        **tables.WHOLE_PHRASES,
    }.items()
    for phrase in phrases
}

# Beginnings of compounds, mostly German, and what they say.
COMPOUNDS = (
    ("rechnungs", "invoice"),
    ("facturatie", "invoice"),
    ("factuur", "invoice"),
    ("kunden", "customer"),
    ("liefer", "delivery"),
    ("vertrags", "contract"),
    ("auftrags", "order"),
    ("bestell", "order"),
    ("fälligkeits", "due"),
    ("einzel", "unit"),
    ("stück", "unit"),
    ("gesamt", "total"),
    ("telefon", "phone"),
    ("geburts", "birth"),
    ("zähler", "meter"),
    ("konto", "account"),
    ("abrechnungs", "billing"),
    ("versicherungs", "insurance"),
    ("miet", "rent"),
    ("mitglieds", "member"),
    ("personal", "personnel"),
    ("artikel", "item"),
    ("eintritts", "start"),
    ("ausstellungs", "issue"),
    ("bestel", "order"),
    ("lever", "delivery"),
    ("klant", "customer"),
    ("brutto", "gross"),
    ("netto", "net"),
    *tables.STEMS,
)

_NEAR = (
    "start from effective since entry hire joined commence checkin valid opening inception hired",
    "end to due by through checkout closing",
    "price cost rate fee charge value amount fare",
    "total gross grand overall sum",
    "subtotal net",
    "balance total",
    "number reference",
    "quantity unit count pack hour volume size",
    "description item product title name service detail goods activity text material task test",
    "description parameter article designation",
    "employee worker staff member person",
    "passenger traveller traveler guest",
    "doctor consultant clinician practitioner gp",
    "by doctor inspector author officer technician agent clerk",
    "student pupil learner",
    "company merchant store shop supplier issuer institution brand manufacturer carrier employer",
    "sender supplier exporter",
    "recipient customer consignee importer",
    "location address site city",
    "region province county district",
    "comment note remark observation summary",
    "result value reading outcome finding score",
    "status condition",
    "type category class group",
    "reason cause",
    "duration term period length",
    "role title job profession occupation position",
    "position number",
    "payment instalment",
    "item position",
    "department division team unit section",
    "phone mobile",
    "owner manager lead",
    "salary pay compensation remuneration",
    "payment paid settlement",
    "origin from source departure",
    "destination to arrival",
    "departure depart dep leave leaving checkout",
    "arrival arrive arr checkin",
    "time hour",
    "incident claim damage accident loss",
    "date day time",
    "requirement required skill",
    "birth dob",
    "rating stars score",
    "distance mileage odometer",
    "area surface space size",
    "limit maximum",
    "excess deductible",
    "issue issued",
    "purpose reason subject",
    "vessel ship",
    "vehicle car",
    "gain earning credit in",
    "retention deduction debit out withheld",
    "registration plate",
    "currency money",
    "delivery shipping ship shipment deliver_to",
    "recipient deliver_to",
    "brand make model",
    "goods item product line",
    *tables.NEAR_WORDS,
)
# Words that can stand for each other at a price: each word with the groups it is in.
NEAR: dict[str, frozenset[int]] = {
    word: frozenset(i for i, group in enumerate(_NEAR) if word in group.split())
    for words in _NEAR
    for word in words.split()
}

# Words that are no slips of the pen for others.
KNOWN = (
    frozenset(NEAR)
    | frozenset(_MEANINGS)
    | frozenset(trades.MEANINGS)
    | frozenset(tables.MEANINGS)
    | frozenset(CANONICAL)
)

# What a figure is counted in; a property's name may hold it where the label does not.
UNITS = frozenset(
    "kcal kj kg g mg t lb lbs oz km m cm mm mi ft sqm sqft m² m2 m3 m³ ha l ml kwh mwh kw w v bar c f cbm "
    "percent month day hour minute week usd eur gbp chf sek nok dkk jpy cad aud inr € $ £ thousand mmol µg sq".split()
)
CURRENCIES = frozenset("eur usd gbp chf sek nok dkk jpy cad aud inr € $ £".split())
