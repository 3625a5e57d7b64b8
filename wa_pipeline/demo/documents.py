"""Documents: a PDF with a text layer, a scanned one without, a Word file, two contact cards."""

from __future__ import annotations

import io
import zipfile

from docx import Document
from docx.shared import Pt, RGBColor
from PIL import Image

STAMP = (2024, 4, 10, 12, 0, 0)

RULES = (
    "Every plot is dug, sown or resting by the first of May.",
    "Water comes from the tanks; hoses are for fruit trees only.",
    "Paths between plots are cut by the two neighbours in turn.",
    "Brambles come down before June, roots and all.",
    "A strip of wild flowers for pollinators is left along the fence.",
    "Bonfires from November to February, never near the hedge.",
    "Borrowed tools go home the same day.",
    "The rent of thirty-eight pounds is due on Lady Day.",
)


def rules_pdf() -> bytes:
    """The tenancy rules, one page with a real text layer; `pollinators` is written nowhere else."""
    text: list[str] = []

    def write(x: int, y: int, size: int, words: str, face: str = "F1", colour: str = "0.13 0.19 0.16") -> None:
        escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        text.append(f"BT {colour} rg /{face} {size} Tf {x} {y} Td ({escaped}) Tj ET")

    text.append("0.18 0.42 0.27 rg 0 812 595 30 re f")
    write(64, 742, 26, "Elm Lane Allotments", "F2", "0.18 0.42 0.27")
    write(64, 712, 15, "Tenancy rules, in force from 1 April 2024")
    text.append("0.85 0.87 0.82 RG 64 694 467 0 re S")
    for number, rule in enumerate(RULES):
        y = 656 - number * 36
        write(64, y, 13, f"{number + 1}.", "F2", "0.18 0.42 0.27")
        write(92, y, 13, rule)
    write(64, 330, 13, "Agreed at the spring meeting, with biscuits.")
    write(64, 296, 13, "M. Okafor, secretary", "F2")
    return _pdf("\n".join(text).encode("cp1252"))


def _pdf(content: bytes, picture: tuple[bytes, int, int] | None = None) -> bytes:
    """One A4 page: its content stream, and a JPEG to be called /Im1 in it."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    resources = b"<< /Font << /F1 5 0 R /F2 6 0 R >>" + (b" /XObject << /Im1 7 0 R >>" if picture else b"") + b" >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources " + resources + b" >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    ]
    if picture:
        data, width, height = picture
        objects.append(
            b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8"
            b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (width, height, len(data), data)
        )
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)
    return bytes(out)


def scanned_pdf(page: Image.Image) -> bytes:
    """A page that is only a picture: its words can be found by OCR alone."""
    out = io.BytesIO()
    page.convert("L").save(out, "JPEG", quality=55, optimize=True)
    placed = b"q 595 0 0 842 0 0 cm /Im1 Do Q"
    return _pdf(placed, (out.getvalue(), page.width, page.height))


def packing_list() -> bytes:
    """A German packing list as Word writes it; `Taschenlampe` is written nowhere else."""
    document = Document()
    heading = document.add_heading("Packliste Harz", level=1)
    heading.runs[0].font.color.rgb = RGBColor(0x2F, 0x6B, 0x45)
    document.add_paragraph("Wochenende vom 19. bis 21. April, Hütte ohne Strom.")
    for item in (
        "Wanderschuhe und dicke Socken",
        "Taschenlampe mit frischen Batterien",
        "Regenjacke, auch wenn die Sonne scheint",
        "Kartenspiel und Omas Würfelbecher",
    ):
        document.add_paragraph(item, style="List Bullet").runs[0].font.size = Pt(12)
    table = document.add_table(rows=1, cols=2, style="Light Grid Accent 1")
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Wer", "Bringt mit"
    for who, what in (("Miriam", "Frühstück"), ("Jonas", "Grill und Kohle"), ("Opa Dieter", "den Hut")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = who, what
    out = io.BytesIO()
    document.save(out)
    return _same_every_time(out.getvalue())


def _same_every_time(package: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return out.getvalue()


def contact(name: str, telephone: str) -> bytes:
    """A contact card as phones send it."""
    first, _, last = name.rpartition(" ")
    return (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{last};{first};;;\r\nFN:{name}\r\nTEL;type=CELL:{telephone}\r\nEND:VCARD\r\n"
    ).encode()


def documents(form: Image.Image) -> dict[str, bytes]:
    """Every document by workshop name; `form` is the page that gets scanned."""
    return {
        "rules.pdf": rules_pdf(),
        "entry_form.pdf": scanned_pdf(form),
        "packliste.docx": packing_list(),
        "key_holder.vcf": contact("Edith Lovell", "+44 7700 900321"),
        "trailer_contact.vcf": contact("Marsh Road Garage", "+1 555-010-0177"),
    }
