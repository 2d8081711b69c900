"""Compiles kernels.cu to kernels.ptx, for every NVIDIA GPU from Maxwell on.

Run:   python src/network/cuda/kernels.py
Needs: nvidia-cuda-nvrtc-cu12 12.0.140 (the version that made the committed file); no GPU.
       Its PTX is version 8.0, which every driver for CUDA 12 and later reads.
"""

import ctypes
import pathlib
import sys
import zlib

HERE = pathlib.Path(__file__).parent
OPTIONS = [b"--gpu-architecture=compute_50", b"--fmad=true"]


def library():
    for folder in sys.path:
        for found in pathlib.Path(folder).glob("nvidia/cuda_nvrtc/lib/libnvrtc.so.12"):
            return ctypes.CDLL(str(found))
    raise SystemExit("nvidia-cuda-nvrtc-cu12 is not installed")


def main():
    nvrtc = library()

    def check(status):
        if status != 0:
            raise SystemExit(f"NVRTC failed with {status}")

    program = ctypes.c_void_p()
    source = (HERE / "kernels.cu").read_bytes()
    check(
        nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernels.cu", 0, None, None)
    )
    options = (ctypes.c_char_p * len(OPTIONS))(*OPTIONS)
    status = nvrtc.nvrtcCompileProgram(program, len(OPTIONS), options)
    size = ctypes.c_size_t()
    check(nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size)))
    log = ctypes.create_string_buffer(size.value)
    check(nvrtc.nvrtcGetProgramLog(program, log))
    print(log.value.decode(), end="")
    check(status)
    check(nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size)))
    ptx = ctypes.create_string_buffer(size.value)
    check(nvrtc.nvrtcGetPTX(program, ptx))
    # Without comments, and without constants of a header that nothing here uses.
    lines = ptx.value.decode().splitlines()
    lines = [line for line in lines if not line.startswith(("//", ".global"))]
    # So that a test can tell whether the two files belong together.
    head = f"// Made by kernels.py of kernels.cu with the CRC-32 {zlib.crc32(source):08x}.\n"
    (HERE / "kernels.ptx").write_text(head + "\n".join(lines).strip() + "\n")


if __name__ == "__main__":
    main()
