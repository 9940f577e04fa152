"""The process behind `zhiyin worker`."""

import gc
import sys

from zhiyin.config.startup import load_django


def main() -> int:
    gc.disable()  # until all is loaded: none of it is garbage
    load_django()
    from zhiyin.platform import worker

    gc.freeze()
    gc.enable()
    return worker.run()


if __name__ == "__main__":
    sys.exit(main())
