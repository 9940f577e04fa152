"""Mounts each app's operations: one import and one line each."""

from django.urls import path

from zhiyin.api.accounts.audit import routes as audit
from zhiyin.api.accounts.handover import routes as handover
from zhiyin.api.accounts.routes import routes as accounts
from zhiyin.api.activities.appointments import routes as appointments
from zhiyin.api.activities.connections import routes as connections
from zhiyin.api.activities.routes import routes as activities
from zhiyin.api.approvals.routes import routes as approvals
from zhiyin.api.commerce.routes import routes as commerce
from zhiyin.api.customers.assignment import routes as assignment
from zhiyin.api.customers.bin import routes as bin_routes
from zhiyin.api.customers.consents import routes as consents
from zhiyin.api.customers.contacts import routes as contacts
from zhiyin.api.customers.disputes import routes as disputes
from zhiyin.api.customers.documents import routes as documents
from zhiyin.api.customers.duplicates import routes as duplicates
from zhiyin.api.customers.erasure import routes as erasure_routes
from zhiyin.api.customers.fairness import routes as fairness
from zhiyin.api.customers.field_access import routes as field_access
from zhiyin.api.customers.field_files import routes as field_files
from zhiyin.api.customers.fields import routes as fields
from zhiyin.api.customers.filters import routes as filters
from zhiyin.api.customers.grades import routes as grade_routes
from zhiyin.api.customers.history import routes as history
from zhiyin.api.customers.merges import routes as merges
from zhiyin.api.customers.pool_limits import routes as pool_limits
from zhiyin.api.customers.pools import routes as pools
from zhiyin.api.customers.protection import routes as protection
from zhiyin.api.customers.relations import routes as relations
from zhiyin.api.customers.restrictions import routes as restrictions
from zhiyin.api.customers.retention import routes as retention
from zhiyin.api.customers.routes import routes as customers
from zhiyin.api.customers.sensitive import routes as sensitive
from zhiyin.api.customers.shares import routes as shares
from zhiyin.api.customers.status import routes as status
from zhiyin.api.customers.subject_requests import routes as subject_requests
from zhiyin.api.customers.trail import routes as trail
from zhiyin.api.http import api
from zhiyin.api.imports.routes import routes as imports
from zhiyin.api.insight.routes import routes as insight
from zhiyin.api.jobs.routes import routes as jobs
from zhiyin.api.notifications.routes import routes as notifications
from zhiyin.api.operation.routes import routes as operation
from zhiyin.api.sales.contents import routes as contents
from zhiyin.api.sales.forecast import routes as forecast
from zhiyin.api.sales.lead_forms import routes as lead_forms
from zhiyin.api.sales.lead_rules import routes as lead_rules
from zhiyin.api.sales.leads import routes as leads
from zhiyin.api.sales.routes import routes as sales
from zhiyin.api.sales.targets import routes as targets
from zhiyin.api.sales.territories import routes as territories

api.add_router("", accounts.router)
api.add_router("", audit.router)
api.add_router("", handover.router)
api.add_router("", filters.router)
api.add_router("", customers.router)
api.add_router("", consents.router)
api.add_router("", contacts.router)
api.add_router("", documents.router)
api.add_router("", field_access.router)
api.add_router("", duplicates.router)
api.add_router("", fields.router)
api.add_router("", field_files.router)
api.add_router("", merges.router)
api.add_router("", pools.router)
api.add_router("", assignment.router)
api.add_router("", pool_limits.router)
api.add_router("", disputes.router)
api.add_router("", subject_requests.router)
api.add_router("", restrictions.router)
api.add_router("", fairness.router)
api.add_router("", protection.router)
api.add_router("", retention.router)
api.add_router("", relations.router)
api.add_router("", sensitive.router)
api.add_router("", shares.router)
api.add_router("", trail.router)
api.add_router("", bin_routes.router)
api.add_router("", erasure_routes.router)
api.add_router("", grade_routes.router)
api.add_router("", status.router)
api.add_router("", history.router)
api.add_router("", activities.router)
api.add_router("", appointments.router)
api.add_router("", connections.router)
api.add_router("", approvals.router)
api.add_router("", commerce.router)
api.add_router("", sales.router)
api.add_router("", contents.router)
api.add_router("", forecast.router)
api.add_router("", targets.router)
api.add_router("", lead_forms.router)
api.add_router("", lead_rules.router)
api.add_router("", leads.router)
api.add_router("", territories.router)
api.add_router("", imports.router)
api.add_router("", insight.router)
api.add_router("", jobs.router)
api.add_router("", notifications.router)
api.add_router("", operation.router)

urlpatterns = [path("", api.urls)]
