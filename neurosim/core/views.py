"""Views of arrays that are not counted: a slice of Numba's costs two atomic additions to a counter all threads share.

A view is valid as long as someone else holds the array; nothing is checked.
"""

from __future__ import annotations

from typing import Any

from numba import types

from neurosim.core.jit import Emitted, cgutils, intrinsic


@intrinsic
def vector(context: Any, array: Any, begin: Any, length: Any) -> Emitted:
    """The 1-D view of ``length`` elements of a C-ordered array from element ``begin`` of its flat order."""
    view = types.Array(array.dtype, 1, "C")

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        start, n = (_index(target, builder, signature, values, i) for i in (1, 2))
        return _view(target, builder, signature, values, start, [n])

    return view(array, begin, length), write


@intrinsic
def matrix(context: Any, array: Any, begin: Any, rows: Any, width: Any) -> Emitted:
    """The 2-D view (rows, width) of a C-ordered array from element ``begin`` of its flat order."""
    view = types.Array(array.dtype, 2, "C")

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        start, n, m = (_index(target, builder, signature, values, i) for i in (1, 2, 3))
        return _view(target, builder, signature, values, start, [n, m])

    return view(array, begin, rows, width), write


@intrinsic
def flat(context: Any, like: Any, addresses: Any, k: Any) -> Emitted:
    """The 1-D view, of no length, of elements as ``like`` has them from the address ``addresses[k]`` (int64) on."""
    view = types.Array(like.dtype, 1, "C")

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = target.make_array(signature.args[0])(target, builder, values[0])
        table = target.make_array(signature.args[1])(target, builder, values[1])
        place = builder.gep(table.data, [_index(target, builder, signature, values, 2)])
        made = target.make_array(signature.return_type)(target, builder)
        made.data = builder.inttoptr(builder.load(place), whole.data.type)
        made.itemsize = whole.itemsize
        made.nitems = target.get_constant(types.intp, 0)
        made.shape = cgutils.pack_array(builder, [made.nitems])
        made.strides = cgutils.pack_array(builder, [whole.itemsize])
        _disown(made)
        return made._getvalue()

    return view(like, addresses, k), write


@intrinsic
def borrowed(context: Any, array: Any) -> Emitted:
    """``array`` itself, uncounted."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = target.make_array(signature.args[0])(target, builder, values[0])
        _disown(view)
        return view._getvalue()

    return array(array), write


def _disown(view: Any) -> None:
    view.meminfo = view.meminfo.type(None)
    view.parent = view.parent.type(None)


def _index(target: Any, builder: Any, signature: Any, values: Any, i: int) -> Any:
    return target.cast(builder, values[i], signature.args[i], types.intp)


def _view(target: Any, builder: Any, signature: Any, values: Any, start: Any, shape: list[Any]) -> Any:
    """An array structure without owner."""
    whole = target.make_array(signature.args[0])(target, builder, values[0])
    view = target.make_array(signature.return_type)(target, builder)
    strides = [whole.itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(length, strides[0]))
    total = shape[0]
    for length in shape[1:]:
        total = builder.mul(total, length)
    view.data = builder.gep(whole.data, [start])
    view.itemsize = whole.itemsize
    view.nitems = total
    view.shape = cgutils.pack_array(builder, shape)
    view.strides = cgutils.pack_array(builder, strides)
    _disown(view)
    return view._getvalue()
