import numba

from neurosyn.support.numba_cache import compiled


def test_functions_are_compiled_where_no_folder_for_machine_code_can_be_written(monkeypatch):
    njit = numba.njit

    def without_folder(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", without_folder)

    @compiled(error_model="numpy")
    def half(x):
        return x / 2

    assert half(3) == 1.5
    assert half.nopython_signatures
