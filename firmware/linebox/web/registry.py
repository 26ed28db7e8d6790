"""Everything that webd offers, in the order of the description."""

from __future__ import annotations

from linebox.base.endpoints import Endpoint
from linebox.desks.agent import api as agent_desk
from linebox.desks.home import api as home
from linebox.desks.home import system_api as system
from linebox.desks.settings import api as settings_desk
from linebox.desks.settings import bundle_api as settings_bundle
from linebox.desks.settings import document_api as settings_document
from linebox.desks.settings import sheets_api as settings_sheets
from linebox.desks.setup import api as setup
from linebox.desks.setup import lines_api as setup_lines
from linebox.features.accounts import api as accounts
from linebox.features.agents import acts_api as agent_acts
from linebox.features.agents import api as agents
from linebox.features.alerts import api as alerts
from linebox.features.audit import api as audit
from linebox.features.calendars import api as calendars
from linebox.features.calls import api as calls
from linebox.features.customers import api as customers
from linebox.features.customers import sheets_api as customer_sheets
from linebox.features.diagnostics import api as diagnostics
from linebox.features.extensions import api as extensions
from linebox.features.follow_ups import api as follow_ups
from linebox.features.host import api as host
from linebox.features.ivr import api as ivr
from linebox.features.limits import api as limits
from linebox.features.lines import api as lines
from linebox.features.lines import hardware_api as hardware
from linebox.features.lines import lab_api as line_tests
from linebox.features.lines import ports_api as ports
from linebox.features.music import api as music
from linebox.features.numbering import api as numbering
from linebox.features.prompts import api as prompts
from linebox.features.prompts import defaults_api as sound_defaults
from linebox.features.prompts import phone_api as prompts_by_phone
from linebox.features.prompts import readings_api as readings
from linebox.features.recordings import api as recordings
from linebox.features.recordings import rules_api as recording_rules
from linebox.features.routing import api as routing
from linebox.features.service import api as service
from linebox.features.settings import api as settings
from linebox.features.upgrade import api as upgrade
from linebox.features.wall import api as wall
from linebox.web import live_api
from linebox.web.errors import Error
from linebox.web.live_shapes import LiveMessage

ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.ENDPOINTS,
    *audit.ENDPOINTS,
    *live_api.ENDPOINTS,
    *calls.ENDPOINTS,
    *recordings.ENDPOINTS,
    *follow_ups.ENDPOINTS,
    *customer_sheets.ENDPOINTS,
    *customers.ENDPOINTS,
    *service.ENDPOINTS,
    *agent_desk.ENDPOINTS,
    *settings.ENDPOINTS,
    *settings_desk.ENDPOINTS,
    *settings_document.ENDPOINTS,
    *settings_bundle.ENDPOINTS,
    *settings_sheets.ENDPOINTS,
    *lines.ENDPOINTS,
    *hardware.ENDPOINTS,
    *ports.ENDPOINTS,
    *line_tests.ENDPOINTS,
    *limits.ENDPOINTS,
    *recording_rules.ENDPOINTS,
    *numbering.ENDPOINTS,
    *calendars.ENDPOINTS,
    *prompts.ENDPOINTS,
    *prompts_by_phone.ENDPOINTS,
    *readings.ENDPOINTS,
    *sound_defaults.ENDPOINTS,
    *music.ENDPOINTS,
    *ivr.ENDPOINTS,
    *routing.ENDPOINTS,
    *agents.ENDPOINTS,
    *agent_acts.ENDPOINTS,
    *extensions.ENDPOINTS,
    *diagnostics.ENDPOINTS,
    *home.ENDPOINTS,
    *system.ENDPOINTS,
    *host.ENDPOINTS,
    *upgrade.ENDPOINTS,
    *alerts.ENDPOINTS,
    *wall.ENDPOINTS,
    *setup.ENDPOINTS,
    *setup_lines.ENDPOINTS,
)
#: Shapes that no HTTP answer names: errors, and the messages of the WebSocket.
EXTRA_SHAPES: tuple[type, ...] = (Error, LiveMessage)
