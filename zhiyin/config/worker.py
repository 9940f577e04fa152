"""The process behind `zhiyin worker`."""

import sys

from zhiyin.config.startup import load_django


def main() -> int:
    load_django()
    from zhiyin.platform import worker

    return worker.run()


if __name__ == "__main__":
    sys.exit(main())
