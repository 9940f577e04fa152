from zhiyin.config.cli import main

main(prog_name="zhiyin")
