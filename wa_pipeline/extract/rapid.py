"""RapidOCR: finds where words are in a picture, and reads pieces of it. Its models lie in its package."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wa_pipeline.errors import EngineMissing
from wa_pipeline.extract.tesseract import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Boxes = NDArray[np.float32]

_FINDER, _READER, _TURNER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx", "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate", "Insufficient memory")
_SIDE = 800
_SMALL = 480
_LINE_HEIGHT = 48
_FEW = 8


class Rapid:
    """The engine of one worker, on one thread: several workers use the cores better. Models load at the first call."""

    def __init__(self) -> None:
        self._models = rapid_models()

    @property
    def version(self) -> str:
        return f"{version('rapidocr')} PP-OCRv6-small"

    def find(self, picture: Pixels) -> Boxes:
        """Where lines of words are, from the top: (lines, 4 corners, x and y). `picture`: height x width, gray."""
        import numpy as np

        boxes = self._boxes(picture)
        if len(boxes) < _FEW and max(picture.shape) > _SMALL:
            # Letters as large as captions' are only seen as such from further away.
            scale = _SMALL / max(picture.shape)
            from_afar = self._boxes(_shrunk(picture, scale)) / scale
            more = [box for box in from_afar if not any(_overlap(box, other) for other in boxes)]
            boxes = np.concatenate([boxes, np.asarray(more, np.float32).reshape(-1, 4, 2)])
            boxes = boxes[np.argsort(boxes[:, :, 1].mean(axis=1), kind="stable")]
        return boxes

    def _boxes(self, picture: Pixels) -> Boxes:
        import numpy as np

        found = self._ask(picture, use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return np.zeros((0, 4, 2), np.float32)
        return np.asarray(found.boxes, np.float32)

    def read(self, picture: Pixels, box: Boxes, *, turned: bool = False) -> Line:
        """What stands in a box (4 corners) of the picture. `turned`: it may stand on its head."""
        found = self._ask(crop(picture, box), use_det=False, use_cls=turned, use_rec=True)
        if not found.txts:
            return Line("", 0.0)
        return Line(str(found.txts[0]).strip(), float(found.scores[0]))

    def _ask(self, picture: Pixels, **steps: bool) -> Any:
        engine = self._engine
        try:
            return engine(_coloured(picture), **steps)
        except MemoryError:
            raise
        except Exception as error:
            # RapidOCR's own exceptions carry a whole traceback, which is no reason a person could use.
            if any(sign in str(error) for sign in _OUT_OF_MEMORY):
                raise MemoryError from None
            raise RuntimeError("RapidOCR cannot read it") from None

    @cached_property
    def _engine(self) -> Any:
        _without_denormals(self._models)
        from rapidocr import RapidOCR

        # With each model's path given, nothing is ever looked for elsewhere.
        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": 20_000,
                "Det.model_path": str(self._models / _FINDER),
                "Det.limit_type": "max",
                "Det.limit_side_len": _SIDE,
                "Rec.model_path": str(self._models / _READER),
                # Lines are read one by one, so short ones (prices, times) need no padding to a common width.
                "Rec.rec_img_shape": [3, _LINE_HEIGHT, _LINE_HEIGHT],
                "Cls.model_path": str(self._models / _TURNER),
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )


def rapid_models() -> Path:
    """The folder of the models in RapidOCR's package; `EngineMissing` where package or models are not there."""
    found = find_spec("rapidocr")
    if found is None or found.origin is None:
        raise EngineMissing(what="RapidOCR", reason="install the package rapidocr, or set WA_OCR=tesseract")
    folder = Path(found.origin).parent / "models"
    if missing := [name for name in (_FINDER, _READER, _TURNER) if not (folder / name).exists()]:
        reason = f"its package lacks {missing[0]}; install the version requirements.lock names, or set WA_OCR=tesseract"
        raise EngineMissing(what="RapidOCR", reason=reason)
    return folder


def _without_denormals(models: Path) -> None:
    """Numbers next to nothing count as nothing in this thread from here on: with them the network that looks for lines
    takes three times as long. ONNX Runtime heeds only what the first session of a process says of it, and RapidOCR
    does not pass it on."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    InferenceSession(str(models / _TURNER), options, providers=["CPUExecutionProvider"])


def crop(picture: Pixels, box: Boxes) -> Pixels:
    """The piece of the picture in a box of four corners, made level; a tall one is laid on its side."""
    import numpy as np
    from rapidocr.utils.process_img import get_rotate_crop_image

    piece: Pixels = np.ascontiguousarray(get_rotate_crop_image(picture, np.asarray(box, np.float32)))
    return piece


def _coloured(gray: Pixels) -> Pixels:
    import numpy as np

    return np.repeat(gray[:, :, None], 3, axis=2)


def _shrunk(gray: Pixels, scale: float) -> Pixels:
    import numpy as np
    from PIL import Image

    high, wide = gray.shape
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))


def _overlap(one: Boxes, other: Boxes) -> bool:
    """Whether the middle of either lies in the other's bounds."""
    for box, middle in ((one, other.mean(axis=0)), (other, one.mean(axis=0))):
        if (box.min(axis=0) <= middle).all() and (middle <= box.max(axis=0)).all():
            return True
    return False
