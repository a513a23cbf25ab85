"""MNIST's own files: what is written is read, in little memory; a file that cannot be used is one clear line."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, datasets, fit
from micrograd_paper.cli import main
from micrograd_paper.errors import DataError, FileError

IMAGES = [bytes([0, 51, 255, 102, 0, 0]), bytes([255, 255, 0, 0, 51, 204]), bytes(6)]  # of 2 × 3 pixels


def idx_bytes(numbers, *dimensions, type_code=8):
    return bytes([0, 0, type_code, len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions) + bytes(numbers)


def images_bytes(images=IMAGES, rows=2, columns=3):
    return idx_bytes(b"".join(images), len(images), rows, columns)


def labels_bytes(labels):
    return idx_bytes(labels, len(labels))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write files of these names and contents into the current directory."""
    monkeypatch.chdir(tmp_path)

    def write(**contents):
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)

    return write


@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, data, rows, columns, count, is_packed):
    path = tmp_path_factory.mktemp("idx")
    pixels = st.binary(min_size=rows * columns, max_size=rows * columns)
    images = data.draw(st.lists(pixels, min_size=count, max_size=count))
    labels = data.draw(st.lists(st.integers(0, 255), min_size=count, max_size=count))
    pack = gzip.compress if is_packed else bytes
    (path / "images").write_bytes(pack(images_bytes(images, rows, columns)))
    (path / "labels").write_bytes(pack(labels_bytes(labels)))
    found = datasets.idx(path / "images", path / "labels")
    assert [*found.inputs] == [[byte / 255 for byte in image] for image in images]
    assert found.inputs[-1] == found.inputs[count - 1] and found.inputs[1:] == [*found.inputs][1:]
    assert found.labels == labels and found.classes == [str(c) for c in range(max(10, max(labels) + 1))]
    with pytest.raises(IndexError):
        found.inputs[count]


def test_all_examples_share_256_floats(files):
    count, size = 300, 28 * 28
    files(images=images_bytes([bytes(k % 256 for k in range(size))] * count, 28, 28), labels=labels_bytes([7] * count))
    tracemalloc.start()
    data = datasets.idx("images", "labels")
    opened, _ = tracemalloc.get_traced_memory()
    examples = data.examples(range(count), outputs=10)
    made, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert opened < count * size / 4  # the images are still in the file
    assert made - opened < count * size * 10  # a pointer a pixel, 8 bytes; a float alone has 24
    assert len({id(x_k) for x, _ in examples for x_k in x}) == 256


def test_pixels_need_no_scaling_and_a_network_trains_on_them(files):
    files(images=images_bytes(), labels=labels_bytes([1, 0, 1]))
    data = datasets.idx("images", "labels")
    assert data.is_scaled and data.inputs[0] == [0.0, 0.2, 1.0, 0.4, 0.0, 0.0]
    history = fit(MLP(6, [10], seed=1), data.examples(range(3), 10), eta=1.0, epochs=20, batch_size=1, seed=1)
    assert history.cost[-1] < history.cost[0]


@pytest.mark.parametrize(("content", "message"), [
    (b"", "images is empty: expected an IDX file of images"),
    (images_bytes()[:-1], "images is truncated: 33 bytes; its header says 3 × 2 × 3, which takes 34"),
    (images_bytes() + b"\0\0", "images is too long: 36 bytes; its header says 3 × 2 × 3, which takes 34"),
    (images_bytes()[:9], "images is truncated: 9 bytes; its header alone has 16"),
    (images_bytes()[:3], "images: it is no IDX file: it begins with 00 00 08; expected 00 00 08 03"),
    (b"1,2,3\n4,5,6\n", "images: it is no IDX file: it begins with 31 2c 32 2c; expected 00 00 08 03, images as"),
    (labels_bytes([1, 0, 1]), "images: it begins with 00 00 08 01, as labels do; expected 00 00 08 03, images as"),
    (idx_bytes([1] * 12, 3, 4), "images: it begins with 00 00 08 02, numbers in 2 dimensions; expected 00 00 08 03"),
    (idx_bytes([0] * 72, 3, 2, 3, type_code=13), "images: it begins with 00 00 0d 03, and holds floats; expected"),
    (idx_bytes([0] * 18, 3, 2, 3, type_code=7), "images: it begins with 00 00 07 03, and 07 is no type of numbers"),
    (idx_bytes([], 0, 28, 28), "images has no images: its header says 0 × 28 × 28"),
    (idx_bytes([], 3, 0, 28), "images has no images: its header says 3 × 0 × 28"),
    (gzip.compress(images_bytes(), mtime=0)[:-12], "images is damaged or truncated gzip: "),
    (gzip.compress(images_bytes(), mtime=0)[:-6] + b"\1" * 6, "images is damaged or truncated gzip: "),
    (gzip.compress(b"", mtime=0), "images is empty"),
    (gzip.compress(images_bytes()[:-4], mtime=0), "images is truncated: 30 bytes"),
    (b"\xff" * 4 + images_bytes()[4:], "images: it is no IDX file: it begins with ff ff ff ff"),
    (images_bytes()[:4] + b"\xff" * 12, "images is truncated: 16 bytes; its header says 4294967295 × 4294967295 × 42"),
])
def test_a_file_of_images_that_cannot_be_used_says_what_is_wrong(content, message, files):
    files(images=content, labels=labels_bytes([1, 0, 1]))
    with pytest.raises(DataError) as error:
        datasets.idx("images", "labels")
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


@pytest.mark.parametrize(("content", "message"), [
    (b"", "labels is empty: expected an IDX file of labels"),
    (labels_bytes([1, 0]), "labels has 2 labels; expected 3, one for each image of images"),
    (images_bytes(), "labels: it begins with 00 00 08 03, as images do; expected 00 00 08 01, labels as unsigned"),
    (labels_bytes([1, 0, 4])[:-1], "labels is truncated: 10 bytes; its header says 3, which takes 11"),
    (labels_bytes([1, 0, 4]), "labels, label 3: got 4; expected a class from 0 to 3"),
])
def test_a_file_of_labels_that_cannot_be_used_says_what_is_wrong(content, message, files):
    files(images=images_bytes(), labels=content)
    with pytest.raises(DataError) as error:
        datasets.idx("images", "labels", classes="0123")
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_a_file_that_is_named_gz_and_is_neither_is_told(files):
    files(**{"images.gz": b"PK\3\4 and so on", "labels": labels_bytes([1, 0, 1])})
    with pytest.raises(DataError, match=r"images\.gz: it is neither gzip nor IDX: it begins with 50 4b 03 04"):
        datasets.idx("images.gz", "labels")


def test_a_file_that_cannot_be_read_is_named(files):
    files(labels=labels_bytes([1]))
    for path, message in (("nowhere", "cannot read nowhere: No such file"), (".", r"cannot read \.: Is a directory")):
        with pytest.raises(FileError, match=message):
            datasets.idx(path, "labels")


def test_what_is_unpacked_has_a_limit(files, monkeypatch):
    monkeypatch.setattr("micrograd_paper.datasets.idx_file.MOST_UNPACKED", 10**6)
    files(images=gzip.compress(bytes(3 * 10**6), mtime=0), labels=labels_bytes([1]))
    with pytest.raises(FileError, match="cannot read images: unpacked, it is larger than"):
        datasets.idx("images", "labels")


def train(*arguments):
    return main(["train", *arguments, "--epochs", "3", "--shape", "6-3-10"])


def test_train_takes_images_and_holds_out_those_of_the_test(files, capsys):
    files(images=images_bytes(), labels=labels_bytes([1, 0, 1]),
          **{"test-images": images_bytes(IMAGES[:2]), "test-labels": gzip.compress(labels_bytes([1, 9]), mtime=0)})
    test = ["--test-images", "test-images", "--test-labels", "test-labels"]
    assert train("--images", "images", "--labels", "labels", *test, "--save", "net.json") == 0
    out, err = capsys.readouterr()
    assert out.startswith("images: 3 examples; 6 features: x1, x2, x3, x4, x5, x6; 10 classes: 0 1, 1 2, 2 0")
    assert "(3 training, 2 held-out examples)" in out and err == ""
    assert '"scaling": null' in Path("net.json").read_text(encoding="utf-8")
    assert train("--images", "images", "--labels", "labels") == 0
    assert "(3 training, 0 held-out examples)" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    ("", "there is nothing to train on: expected --data, or --images and --labels"),
    ("--data iris --images images --labels labels", "--data and --images are two ways to name the data"),
    ("--data iris --test-labels labels", "--data and --test-labels are two ways to name the data"),
    ("--images images", "--labels is missing beside --images"),
    ("--labels labels", "--images is missing beside --labels"),
    ("--images images --labels labels --test-images images", "--test-labels is missing beside --images, --labels, "),
    ("--test-images images --test-labels labels", "--images is missing beside --test-images, --test-labels"),
    ("--images images --labels labels --target 3", "--target is for the columns of a CSV file; --images has none"),
    ("--images images --labels labels --no-header", "--header is for the columns of a CSV file; --images has none"),
    ("--images images --labels labels --save labels", "--save labels would overwrite the file of --labels"),
    ("--images a.svg --labels labels --curves a.svg", "--curves a.svg is the file of --images: choose another name"),
    ("--images images --labels labels --test-images wide --test-labels labels",
     "wide has images of 8 pixels; expected 6, as images has"),
    ("--images images --labels labels --test-images images --test-labels many",
     "many, label 2: got 10; expected a class from 0 to 9"),
    ("--images labels --labels labels", "labels: it begins with 00 00 08 01, as labels do; expected 00 00 08 03"),
])
def test_arguments_that_do_not_go_together_are_one_line(arguments, message, files, capsys):
    files(images=images_bytes(), labels=labels_bytes([1, 0, 1]), many=labels_bytes([1, 10, 1]),
          wide=images_bytes([bytes(8)] * 3, 2, 4))
    assert train(*arguments.split()) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and out == ""
