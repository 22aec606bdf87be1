#!/usr/bin/python3
"""Campaign of texts: models and programs of the tests, damaged token by token,
through `gmc check`.

    tests/campaign/texts.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N]

`gmc check` ends with 0 or 1, within 10 seconds of a processor and 2 GiB. One
text in so many that is good goes on: `gmc compile` within 20 seconds and 6 GiB,
where running out of either is no finding (a number may have become large), then
one step of training. Case i is the same whatever came before.
"""
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "e2e")]
from campaign import DOCUMENTED, GIB, ROOT, Campaign, main, run  # noqa: E402
from trainer import write_idx  # noqa: E402

GOOD = ["models/*.gm", "tests/dsl/programs/*.gm", "tests/dsl/syntax/*.gm",
        "tests/e2e/**/*.gm", "tests/numerics/**/*.gm"]
BAD = ["tests/dsl/bad/*.gm"]
# A token with the blanks in front of it; comments are left out.
TOKEN = re.compile(r'\s*(?:"[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?'
                   r"|\|>|->|<-|==|!=|<=|>=|\.\.<|\.\.|\S)")
EXTREMES = """0 1 -1 2 0.5 1e308 1e-308 1e30 2147483647 2147483648 4294967296
9007199254740992 65536 16777217 const hyper let def data net block use param
state opt init pool ema step model train report proc observe minimize maximize
emit yield every when if then else for in and or not repeat skip scan carry as of
over using via like by batch next same each epochs rounds at end all new mask
image f32 int label once frozen nan inf elbo x z h ( ) [ ] { } , : ; . .. ..< = ==
~ <- -> |> + - * / @ % ^ "a" # -1e308 (((((((( [[[[[[[[""".split()
NUMBERS = """0 1 2 3 4 5 7 8 16 31 64 100 1000 65536 2147483648 0.5 0.1 1e-3
1e-30 1e30 1e308 99%""".split()
BLOCK = 100  # texts that one process checks
COMPILED = 6  # one good text in so many is compiled


def corpus(patterns):
    texts = []
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            text = file.read_bytes().decode(errors="replace")
            tokens = TOKEN.findall(re.sub(r"(?m)(?<![\"\w])#.*$", "", text))
            if 4 < len(tokens) < 3000:
                texts.append(tokens)
    return texts


def damage(pick, tokens, texts):
    """One to six changes of a copy of `tokens`."""
    tokens = list(tokens)
    for _ in range(pick.choice([1, 1, 1, 1, 1, 2, 2, 3, 6])):
        at = pick.randrange(len(tokens))
        other = pick.choice(texts)
        length = pick.choice([1, 2, 3, 5, 8, 20])
        way = pick.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 9, 9, 9])
        if way == 0:
            del tokens[at]
        elif way == 1:
            tokens.insert(at, tokens[at])
        elif way == 2:
            to = pick.randrange(len(tokens))
            tokens[at], tokens[to] = tokens[to], tokens[at]
        elif way == 3:
            tokens[at] = pick.choice(other)
        elif way == 4:
            tokens[at] = " " + pick.choice(EXTREMES)
        elif way == 5:
            tokens.insert(at, " " + pick.choice(EXTREMES))
        elif way == 6:
            begin = pick.randrange(len(other))
            tokens[at:at] = other[begin:begin + length]
        elif way == 7:
            tokens[at:at + length] = []
        elif way == 9:  # another number
            places = [place for place, token in enumerate(tokens)
                      if token.strip()[:1].isdigit()]
            if places:
                tokens[pick.choice(places)] = " " + pick.choice(NUMBERS)
        else:  # a name or a number of the same text in another's place
            same = [token for token in tokens
                    if token.strip()[:1].isalnum() == tokens[at].strip()[:1]
                    .isalnum()]
            tokens[at] = pick.choice(same)
        if not tokens:
            return [" x"]
    return tokens


def main_campaign():
    campaign = Campaign("texts", ["good", "compiled", "trained", "slow"])
    good, bad, state = corpus(GOOD), corpus(BAD), campaign.state
    data = campaign.scratch / "idx"
    write_idx(data, 28, 28)
    for cases in campaign.cases(BLOCK):
        files = {}
        for case in cases:
            pick = campaign.random(case)
            files[case] = campaign.scratch / f"t{case}.gm"
            text = pick.choice(good if pick.random() < 0.7 else bad)
            files[case].write_text("".join(damage(pick, text, good + bad)))
        command = [campaign.gmc, "check", *files.values()]
        together = run(command, campaign.scratch, 10)
        for case, file in files.items():
            # Which of many it was, or which are good, one by one tells.
            chosen = campaign.random(-1 - case).randrange(COMPILED) == 0
            if together.expected({0, 1}) and not chosen:
                state["good"] += f"--> {file}" not in together.said
                continue
            one = [campaign.gmc, "check", file]
            done = run(one, campaign.scratch, 10)
            if not done.expected({0, 1}):
                campaign.find(case, "gmc check", one, done, [file])
            elif done.code == 0:
                state["good"] += 1
                if chosen:
                    compile_and_train(campaign, case, file, data)
        for file in files.values():
            file.unlink()
    return campaign.finish()


def compile_and_train(campaign, case, file, data):
    trainer = campaign.scratch / "trainer"
    command = [campaign.gmc, "compile", file, "-o", trainer]
    done = run(command, campaign.scratch, 20, 6 * GIB)
    if done.slow or done.code == 6:
        campaign.state["slow"] += 1
        return
    if not done.expected({0, 1}):
        campaign.find(case, "gmc compile", command, done, [file])
    if done.code != 0:
        return
    campaign.state["compiled"] += 1
    out = campaign.scratch / "out"
    command = [trainer, "train", "--steps", "1", "--out", out]
    for name in re.findall(r"\bdata\s+(\w+)\s*:\s*idx\b", file.read_text()):
        command += ["--data", f"{name}={data}"]
    done = run(command, campaign.scratch, 20, 6 * GIB)
    if done.slow or done.code == 6:
        campaign.state["slow"] += 1
    elif not done.expected(DOCUMENTED):
        campaign.find(case, "train", command, done, [file])
    else:
        campaign.state["trained"] += done.code == 0
    if out.exists():
        shutil.rmtree(out)


if __name__ == "__main__":
    main(main_campaign)
