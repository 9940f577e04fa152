"""Signing in, and limits that nobody can use to lock somebody else out."""

import datetime
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.cast import PASSWORD, Company, Person
from zhiyin.accounts import throttle
from zhiyin.accounts.models import SignInAttempt
from zhiyin.accounts.network import client_address, network_of
from zhiyin.accounts.passwords import Argon2

LOGIN = "/account/login/"
HOME, OFFICE, ELSEWHERE = "203.0.113.5", "198.51.100.7", "192.0.2.9"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of wrong passwords; how long one takes is not what is tested here."""
    monkeypatch.setattr(Argon2, "memory_cost", 64)
    monkeypatch.setattr(Argon2, "time_cost", 1)


def sign_in(client: Client, person: Person, password: str = PASSWORD, place: str = HOME) -> bool:
    """Whether the attempt from ``place`` opened a session."""
    client.post(LOGIN, {"login": person.user.email, "password": password}, REMOTE_ADDR=place)
    return "_auth_user_id" in client.session


def hammer(person: Person, times: int, place: str = ELSEWHERE) -> None:
    for number in range(times):
        assert not sign_in(Client(), person, f"wrong password {number}", place)


def test_the_right_password_opens_and_a_wrong_one_does_not(cast: Company) -> None:
    assert not sign_in(Client(), cast.lin, "wrong password")
    client = Client()
    assert sign_in(client, cast.lin)
    assert client.get("/").status_code == 200


def test_the_address_is_not_case_sensitive(cast: Company) -> None:
    client = Client()
    client.post(LOGIN, {"login": "LIN@Yihe.Example", "password": PASSWORD})
    assert "_auth_user_id" in client.session


def test_who_guesses_is_stopped_there(cast: Company) -> None:
    hammer(cast.lin, 10)
    assert not sign_in(Client(), cast.lin, PASSWORD, ELSEWHERE)
    answer = Client().post(LOGIN, {"login": cast.lin.user.email, "password": PASSWORD}, REMOTE_ADDR=ELSEWHERE)
    assert "15" in answer.context["form"].errors.as_text()


def test_neighbours_of_a_guesser_in_the_same_network_count_with_him(cast: Company) -> None:
    hammer(cast.lin, 10, "192.0.2.9")
    assert not sign_in(Client(), cast.lin, PASSWORD, "192.0.2.200")


def test_a_guesser_elsewhere_does_not_stop_the_owner(cast: Company) -> None:
    hammer(cast.lin, 30)
    assert sign_in(Client(), cast.lin, PASSWORD, HOME)


def test_a_guesser_in_every_network_does_not_stop_the_owners_known_device(cast: Company) -> None:
    """The whole day's bound of the account is used up, in the owner's own network too."""
    device = Client()
    assert sign_in(device, cast.lin, PASSWORD, OFFICE)
    device.post("/account/logout/")
    for network in range(12):
        hammer(cast.lin, 10, f"10.0.{network}.1")
    hammer(cast.lin, 12, OFFICE)
    assert not sign_in(Client(), cast.lin, PASSWORD, HOME), "a strange device has used up its tries"
    assert sign_in(device, cast.lin, PASSWORD, OFFICE)


def test_a_known_device_of_one_person_is_strange_to_another(cast: Company) -> None:
    device = Client()
    assert sign_in(device, cast.lin, PASSWORD, ELSEWHERE)
    device.post("/account/logout/")
    for number in range(12):
        sign_in(device, cast.gao, f"wrong {number}", ELSEWHERE)
    assert not sign_in(device, cast.gao, PASSWORD, ELSEWHERE)
    assert sign_in(device, cast.lin, PASSWORD, ELSEWHERE)


def test_a_stolen_device_cookie_allows_no_more_guesses_than_any_place(cast: Company) -> None:
    device = Client()
    assert sign_in(device, cast.lin)
    device.post("/account/logout/")
    for number in range(10):
        assert not sign_in(device, cast.lin, f"wrong {number}")
    assert not sign_in(device, cast.lin)
    assert sign_in(Client(), cast.lin, PASSWORD, OFFICE), "it stops that device only"


def test_a_forged_device_cookie_is_nothing(cast: Company) -> None:
    hammer(cast.lin, 10)
    client = Client()
    client.cookies[throttle.COOKIE] = "W10:1abc:forged"
    assert not sign_in(client, cast.lin, PASSWORD, ELSEWHERE)


def test_the_wait_ends(cast: Company) -> None:
    hammer(cast.lin, 11)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=16), tick=False):
        assert sign_in(Client(), cast.lin, PASSWORD, ELSEWHERE)


def test_hammering_on_does_not_lengthen_the_wait(cast: Company) -> None:
    begin = timezone.now()
    hammer(cast.lin, 10)
    with time_machine.travel(begin + datetime.timedelta(minutes=10), tick=False):
        hammer(cast.lin, 20)
    with time_machine.travel(begin + datetime.timedelta(minutes=16), tick=False):
        assert sign_in(Client(), cast.lin, PASSWORD, ELSEWHERE)


def test_one_network_cannot_try_many_accounts(cast: Company, db: None) -> None:
    request = RequestFactory().post(LOGIN, REMOTE_ADDR=ELSEWHERE)
    for number in range(100):
        throttle.begin(request, f"person{number}@yihe.example", timezone.now())
    assert not sign_in(Client(), cast.lin, PASSWORD, ELSEWHERE)


def test_an_unknown_account_answers_like_a_known_one(cast: Company) -> None:
    def said(email: str) -> Any:
        for _ in range(11):
            answer = Client().post(LOGIN, {"login": email, "password": "wrong"}, REMOTE_ADDR=ELSEWHERE)
        return answer.context["form"].errors

    first = {"login": cast.lin.user.email, "password": "wrong"}
    second = {"login": "nobody@yihe.example", "password": "wrong"}
    assert (
        Client().post(LOGIN, first).context["form"].errors
        == Client().post(LOGIN, second).context["form"].errors
    )
    SignInAttempt.objects.all().delete()
    assert said(cast.lin.user.email) == said("nobody@yihe.example")


def test_success_forgets_the_failures_of_that_place_only(cast: Company) -> None:
    hammer(cast.lin, 9, HOME)
    hammer(cast.lin, 10, ELSEWHERE)
    assert sign_in(Client(), cast.lin, PASSWORD, HOME)
    hammer(cast.lin, 9, HOME)
    assert sign_in(Client(), cast.lin, PASSWORD, HOME)
    assert not sign_in(Client(), cast.lin, PASSWORD, ELSEWHERE)


def test_attempts_keep_no_address_and_no_email(cast: Company) -> None:
    hammer(cast.lin, 1)
    for bucket in SignInAttempt.objects.values_list("bucket", flat=True):
        assert len(bucket) == 64
        int(bucket, 16)


def test_nobody_signs_up(db: None) -> None:
    assert Client().get("/account/signup/").status_code == 404


def test_an_inactive_person_cannot_sign_in(cast: Company) -> None:
    cast.lin.user.is_active = False
    cast.lin.user.save()
    assert not sign_in(Client(), cast.lin)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("192.0.2.1", "", [], "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", [], "192.0.2.1"),
        ("10.0.0.2", "203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.2", "nonsense", ["10.0.0.0/8"], "10.0.0.2"),
        ("10.0.0.2", "", ["10.0.0.0/8"], "10.0.0.2"),
        ("::ffff:10.0.0.2", "2001:db8::1", ["10.0.0.0/8"], "2001:db8::1"),
        ("", "", [], "0.0.0.0"),
    ],
)
def test_the_address_behind_proxies(
    settings: Any, peer: str, forwarded: str, trusted: list[str], expected: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    assert client_address(request) == expected


def test_networks() -> None:
    assert network_of("203.0.113.200") == "203.0.113.0/24"
    assert network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"


def with_totp(person: Person) -> str:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person.user, secret)
    return secret


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_with_a_second_factor_the_password_alone_opens_nothing(cast: Company) -> None:
    secret = with_totp(cast.lin)
    client = Client()
    assert not sign_in(client, cast.lin)
    assert client.get("/").status_code == 302
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/account/2fa/authenticate/", {"code": code(secret)})
    assert client.get("/").status_code == 200


def test_a_recovery_code_works_once(cast: Company) -> None:
    with_totp(cast.lin)
    recovery = RecoveryCodes.activate(cast.lin.user).get_unused_codes()[0]
    for works in (True, False):
        client = Client()
        sign_in(client, cast.lin)
        client.post("/account/2fa/authenticate/", {"code": recovery})
        assert ("_auth_user_id" in client.session) is works


def test_guessing_codes_is_limited(cast: Company) -> None:
    secret = with_totp(cast.lin)
    client = Client()
    sign_in(client, cast.lin)
    for _ in range(10):
        client.post("/account/2fa/authenticate/", {"code": "000000"})
    client.post("/account/2fa/authenticate/", {"code": code(secret)})
    assert "_auth_user_id" not in client.session


def test_secrets_of_second_factors_lie_encrypted(cast: Company) -> None:
    secret = with_totp(cast.lin)
    stored = Authenticator.objects.get(user=cast.lin.user).data
    assert secret not in str(stored)


def test_changing_factors_needs_the_password_again(cast: Company) -> None:
    answer = cast.lin.client.get("/account/2fa/totp/activate/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]


def test_sessions_are_listed_and_ended(cast: Company) -> None:
    here, there = (
        Client(headers={"user-agent": "Firefox Linux"}),
        Client(headers={"user-agent": "iPhone Safari"}),
    )
    for client in (here, there):
        assert sign_in(client, cast.lin)
    page = here.get("/me/security/").content.decode()
    assert "Firefox" in page
    assert "iPhone" in page
    assert HOME in page
    other = next(each for each in here.get("/me/security/").context["sessions"] if not each.current)
    here.post(f"/me/sessions/{other.number}/end/")
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_nobody_ends_the_session_of_another(cast: Company) -> None:
    mine, theirs = Client(), Client()
    sign_in(mine, cast.lin)
    sign_in(theirs, cast.chen)
    number = theirs.get("/me/security/").context["sessions"][0].number
    mine.post(f"/me/sessions/{number}/end/")
    assert theirs.get("/").status_code == 200


def test_a_new_password_ends_the_other_sessions(cast: Company) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        assert sign_in(client, cast.lin)
    new = "a rather different sentence"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/change/", form).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302


@pytest.mark.parametrize(
    ("host", "offered"), [("localhost:8000", True), ("127.0.0.1:8000", False), ("[::1]:8000", False)]
)
def test_passkeys_are_offered_where_browsers_keep_them(cast: Company, host: str, offered: bool) -> None:
    html = cast.lin.client.get("/me/security/", headers={"Host": host}).content.decode()
    assert ("/account/2fa/keys/add/" in html) is offered
    assert ("http://localhost:8000/me/security/" in html) is not offered
