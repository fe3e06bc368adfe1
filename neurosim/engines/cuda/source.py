"""The text of the kernels of a network's shape: the set of its models, whatever their sizes and values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from neurosim.core.rng import CENTRE, FAR_TAIL, TAIL
from neurosim.engines.cuda.events import plastic_source
from neurosim.engines.cuda.fields import CODES, NUMBERS, OFFSETS, POINTERS, enums
from neurosim.engines.cuda.graded import graded_source
from neurosim.engines.layout.columns import Drive, Part
from neurosim.equations import CompiledModel, CompiledRule

FILES = ("deliver.cu", "share.cu", "update.cu", "watch.cu")
_REALS = MappingProxyType({"float32": "float", "float64": "double"})

_KIND = """struct Kind{number} {{
    enum {{ STATES = {states}, INPUTS = {inputs}, SCALARS = {scalars}, ARRAYS = {arrays}, NOISE = {noise} }};
    enum {{ COUNTS = {counts} }};
    static __device__ __forceinline__ bool update(real *x, int *slot, const real *scale, const real *c, const real *a,
                                                  const real *z, const real *shared, unsigned short *ref,
                                                  unsigned char *mask, const long long step)
    {{
{time}        return {name}::update_neuron(0, 1, x, slot, scale, c, a, z, shared, ref, mask{passed});
    }}
{share}}};
"""
_SHARE = """    static __device__ void share(int n, const real *x, const real *c, const real *a, real *shared,
                                 const long long step)
    {{
{time}        {name}::shared_values(n, x, c, a, shared{passed});
    }}
"""
_TIME = "        const real time[2] = {{(real)((double)step * {dt}), (real)((double)(step + 1) * {dt})}};\n"
_ADVANCE = "    case {number}:\n        return advance<Kind{number}>(net, number, k, sample, step);\n"
_SHARED = "    case {number}:\n        share_values<Kind{number}>(net, part, whole, blockIdx.y);\n        break;\n"


def kernel_source(
    models: Sequence[CompiledModel],
    precision: str,
    wide_codes: bool,
    wide_offsets: bool,
    rules: Sequence[CompiledRule] = (),
    signals: Sequence[str] = (),
    graded: bool = False,
) -> str:
    """CUDA C++ with the kernels ``deliver``, ``share``, ``update`` and ``watch``, each of one argument, a ``Network``.

    Its fields are those of `neurosim.engines.cuda.fields`. ``models`` are those of the part kinds 0, 1, ... in
    ``precision``; ``wide_codes``: synapses take 8 bytes; ``wide_offsets``: rows are longer than 65,535. With ``rules``
    come the kernels of ``plastic.cu``, in a network with ``signals``; with ``graded`` those of ``graded.cu``. No header
    is included.
    """
    here = Path(__file__).parent
    holes = {
        "//= advance\n": "".join(_ADVANCE.format(number=number) for number in range(len(models))),
        "//= share\n": "".join(_SHARED.format(number=k) for k, model in enumerate(models) if model.shared),
    }
    parts = [_types(precision, wide_codes, wide_offsets), (here / "random.cuh").read_text("utf-8")]
    parts += [model.source("cuda") for model in models]
    parts += [_kind(number, model) for number, model in enumerate(models)]
    for name in FILES:
        text = (here / name).read_text("utf-8")
        for hole, filling in holes.items():
            text = text.replace(hole, filling)
        parts.append(text)
    parts += [plastic_source(rules, signals)] if rules else []
    parts += [graded_source()] if graded else []
    return "\n".join(parts)


def _types(precision: str, wide_codes: bool, wide_offsets: bool) -> str:
    fields = [f"{kind} *{name};" for name, kind in POINTERS] + [f"long long {name};" for name in NUMBERS]
    tails = zip(("CENTRE", "TAIL", "FAR_TAIL"), (CENTRE, TAIL, FAR_TAIL), strict=True)
    coefficients = [
        f"__constant__ double {name}_{side}[8] = {{{', '.join(value.hex() for value in values)}}};"
        for name, pair in tails
        for side, values in zip(("ABOVE", "BELOW"), pair, strict=True)
    ]
    return "\n".join(
        [
            f"typedef {_REALS[precision]} real;",
            f"typedef {CODES[wide_codes]} code_t;",
            f"typedef {OFFSETS[wide_offsets]} offset_t;",
            enums(Part, Drive),
            "struct Network {",
            *(f"    {field}" for field in fields),
            "};",
            *coefficients,
            "",
        ]
    )


def _kind(number: int, model: CompiledModel) -> str:
    program, name = model.program, f"model_{model.hash[:16]}"
    time = _TIME.format(dt=model.dt.hex()) if program.reads_time else ""
    passed = ", time" if program.reads_time else ""
    return _KIND.format(
        time=time,
        passed=passed,
        number=number,
        name=name,
        states=len(model.states),
        inputs=len(model.inputs),
        scalars=len(program.scalars),
        arrays=len(program.arrays),
        noise=model.noise,
        counts=int(program.counter is not None),
        share=_SHARE.format(name=name, time=time, passed=passed) if model.shared else "",
    )
