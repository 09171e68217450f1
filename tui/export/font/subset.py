"""Write regular.ttf and bold.ttf: the parts of DejaVu Sans Mono that font.go embeds.

    pip install fonttools==4.60.1
    pip download --no-deps matplotlib==3.10.7    # ships DejaVu 2.37 and its licence
    python subset.py matplotlib-3.10.7-*.whl

Hints and layout tables are left out: glyphs are drawn smoothed, one to a cell.
Box drawing, blocks and braille are left out as well: package export draws them.
"""

import io
import sys
import zipfile

from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = "matplotlib/mpl-data/fonts/ttf/"
FILES = {"regular.ttf": "DejaVuSansMono.ttf", "bold.ttf": "DejaVuSansMono-Bold.ttf"}
RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x036F),  # Latin, phonetics, combining marks
    (0x0370, 0x052F),  # Greek, Cyrillic
    (0x0600, 0x06FF),  # Arabic, in its isolated forms
    (0x1E00, 0x1EFF),  # Latin with two marks
    (0x2000, 0x218F),  # punctuation, raised and lowered figures, currencies, fractions
    (0x2190, 0x23FF),  # arrows, mathematics, technical
    (0x2423, 0x2423),  # open box
    (0x25A0, 0x27FF),  # geometry, symbols, dingbats, brackets
    (0x2B00, 0x2BFF),  # more arrows
    (0xFFFD, 0xFFFD),  # replacement
]


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name, source in FILES.items():
            font = TTFont(io.BytesIO(archive.read(FOLDER + source)), recalcTimestamp=False)
            options = subset.Options(
                hinting=False, layout_features=[], notdef_outline=True, glyph_names=False,
                name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], drop_tables=["GDEF", "GPOS", "GSUB", "kern", "DSIG", "FFTM"],
            )
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=[c for low, high in RANGES for c in range(low, high + 1)])
            subsetter.subset(font)
            font.save(name)
        with open("LICENSE", "wb") as licence:
            licence.write(archive.read(FOLDER + "LICENSE_DEJAVU"))


if __name__ == "__main__":
    main(sys.argv[1])
