"""Every page's address. Addresses hold numbers and no name: they stand in logs."""

from django.urls import path

from bangfu.web.exports import views as exports
from bangfu.web.home import views as home
from bangfu.web.households import (
    acts,
    adding,
    differences,
    dossiers,
    facts,
    helpers,
    history,
    household,
    ledger,
    receipts,
)
from bangfu.web.households import views as households
from bangfu.web.imports import views as imports
from bangfu.web.me import views as me
from bangfu.web.papers import views as papers
from bangfu.web.payments import views as payments
from bangfu.web.people import views as people
from bangfu.web.places import views as places
from bangfu.web.posts import views as posts
from bangfu.web.record import views as record
from bangfu.web.runs import views as runs
from bangfu.web.signing import views as signing

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("language/", home.language, name="language"),
    path("sign-in/", signing.sign_in_page, name="sign-in"),
    path("sign-in/code/", signing.code, name="code"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("password/", signing.first_password, name="first-password"),
    path("confirm/", signing.confirm_page, name="confirm"),
    path("me/", me.me, name="me"),
    path("me/phone/", me.phone, name="me-phone"),
    path("me/sessions/end/", me.sessions_end, name="me-sessions-end"),
    path("me/sessions/<int:session>/end/", me.session_end, name="me-session-end"),
    path("me/second-factor/", me.second_factor, name="second-factor"),
    path("me/second-factor/offer/", me.second_factor_offer, name="second-factor-offer"),
    path("me/second-factor/remove/", me.second_factor_remove, name="second-factor-remove"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add, name="person-add"),
    path("people/<int:account>/", people.person, name="person"),
    path("people/<int:account>/change/", people.change, name="person-change"),
    path("people/<int:account>/number/", people.number, name="person-number"),
    path("people/<int:account>/reveal/", people.reveal, name="person-reveal"),
    path("people/<int:account>/reset/", people.reset, name="person-reset"),
    path("people/<int:account>/close/", people.close, name="person-close"),
    path("people/<int:account>/reopen/", people.reopen, name="person-reopen"),
    path("posts/", posts.posts, name="posts"),
    path("posts/open/", posts.open_post, name="post-open"),
    path("posts/<int:post>/", posts.post, name="post"),
    path("posts/<int:post>/hand-over/", posts.hand_over, name="post-hand-over"),
    path("posts/<int:post>/widen/", posts.widen, name="post-widen"),
    path("posts/<int:post>/narrow/", posts.narrow, name="post-narrow"),
    path("posts/<int:post>/close/", posts.close, name="post-close"),
    path("places/", places.places, name="places"),
    path("places/<int:place>/", places.place, name="place"),
    path("places/<int:place>/add/", places.add, name="place-add"),
    path("places/<int:place>/change/", places.change, name="place-change"),
    path("units/", places.units, name="units"),
    path("units/found/", places.found_unit, name="unit-found"),
    path("units/<int:unit>/give/", places.unit_give, name="unit-give"),
    path("units/<int:unit>/take/", places.unit_take, name="unit-take"),
    path("households/", households.households, name="households"),
    path("households/add/", adding.household_add, name="household-add"),
    path("households/gaps/", helpers.gaps, name="gaps"),
    path("households/<int:household>/", household.household, name="household"),
    path("households/<int:household>/helpers/assign/", helpers.assign, name="helper-assign"),
    path("households/<int:household>/helpers/<int:assignment>/end/", helpers.end, name="helper-end"),
    path(
        "households/<int:household>/facts/<slug:group>/<int:thing>/history/",
        history.facts_history,
        name="facts-history",
    ),
    path("households/<int:household>/facts/<slug:group>/<int:thing>/", facts.facts_change, name="facts-change"),
    path("households/<int:household>/add/<slug:group>/", facts.thing_add, name="thing-add"),
    path("households/<int:household>/ledger/add/", ledger.ledger_add, name="ledger-add"),
    path("households/<int:household>/ledger/<int:line>/withdraw/", ledger.line_withdraw, name="line-withdraw"),
    path("households/<int:household>/ledger/<int:line>/correct/", ledger.line_correct, name="line-correct"),
    path("households/<int:household>/receipts/add/", receipts.receipt_add, name="receipt-add"),
    path(
        "households/<int:household>/receipts/<int:receipt>/correct/", receipts.receipt_correct, name="receipt-correct"
    ),
    path(
        "households/<int:household>/receipts/<int:receipt>/withdraw/",
        receipts.receipt_withdraw,
        name="receipt-withdraw",
    ),
    path("households/<int:household>/years/<int:year>/settle/", ledger.year_settle, name="year-settle"),
    path("households/<int:household>/years/<int:year>/reopen/", ledger.year_reopen, name="year-reopen"),
    path("households/<int:household>/procedures/<slug:name>/", acts.procedure, name="procedure"),
    path("households/<int:household>/acts/<int:act>/undo/", acts.act_undo, name="act-undo"),
    path("households/<int:household>/members/<int:person>/reveal/", acts.member_reveal, name="member-reveal"),
    path("households/<int:household>/dossier/", dossiers.dossier, name="dossier"),
    path("households/<int:household>/dossier/add/", dossiers.paper_add, name="paper-add"),
    path("households/<int:household>/dossier/<int:paper>/check/", dossiers.paper_check, name="paper-check"),
    path("households/<int:household>/dossier/<int:paper>/withdraw/", dossiers.paper_withdraw, name="paper-withdraw"),
    path("households/<int:household>/dossier/files/<int:file>/", dossiers.scan, name="scan"),
    path("payments/", payments.payments, name="payments"),
    path("payments/<int:upload>/", payments.payment_list, name="payment-list"),
    path("payments/<int:upload>/book/", payments.book, name="payment-list-book"),
    path("exports/", exports.exports, name="exports"),
    path("exports/ask/", exports.ask, name="export-ask"),
    path("exports/<int:export>/", exports.export, name="export"),
    path("exports/<int:export>/approve/", exports.approve, name="export-approve"),
    path("exports/<int:export>/refuse/", exports.refuse, name="export-refuse"),
    path("exports/<int:export>/take/", exports.take, name="export-take"),
    path("households/<int:household>/differences/", differences.household_differences, name="household-differences"),
    path("differences/", differences.differences_list, name="differences"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:upload>/", imports.one, name="import"),
    path("imports/<int:upload>/marked/", imports.marked, name="import-marked"),
    path("imports/<int:upload>/again/", imports.again, name="import-again"),
    path("imports/<int:upload>/compare/", imports.compare, name="import-compare"),
    path("imports/<int:upload>/apply/", imports.apply, name="import-apply"),
    path("imports/<int:upload>/withdraw/", imports.withdraw, name="import-withdraw"),
    path("imports/<int:upload>/undo/", imports.undo, name="import-undo"),
    path("runs/", runs.runs, name="runs"),
    path("runs/start/", runs.run_start, name="run-start"),
    path("runs/<int:run>/", runs.run, name="run"),
    path("households/<int:household>/papers/", papers.household_papers, name="household-papers"),
    path("papers/", papers.papers, name="papers"),
    path("papers/batches/<int:batch>/", papers.batch, name="paper-batch"),
    path("papers/batches/<int:batch>/stop/", papers.batch_stop, name="paper-batch-stop"),
    path("papers/batches/<int:batch>/resume/", papers.batch_resume, name="paper-batch-resume"),
    path("papers/batches/<int:batch>/file/", papers.batch_file, name="paper-batch-file"),
    # A random sign that stands for a household on its papers, and says nothing of it.
    path("d/<str:sign>/", papers.door, name="door"),
    path("record/", record.record, name="record"),
]
