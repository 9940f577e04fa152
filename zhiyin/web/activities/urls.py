"""Pages of tasks and follow-ups."""

from django.urls import path

from zhiyin.web.activities import appointments, calendar, connections, feeds, views

app_name = "activities"
urlpatterns = [
    path("tasks/", views.task_list, name="tasks"),
    path("tasks/new/", views.create, name="create_task"),
    path("tasks/<uuid:task_id>/", views.change, name="task"),
    path("tasks/<uuid:task_id>/<slug:state>/", views.set_state, name="task_state"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/address/", feeds.feed, name="calendar_feed"),
    path("calendar/address/end/", feeds.end_feed, name="end_calendar_feed"),
    path("calendar/feed/<str:token>/", feeds.read_feed, name="read_calendar_feed"),
    path("calendar/connection/", connections.connection, name="calendar_connection"),
    path("calendar/connection/state/", connections.state, name="calendar_connection_state"),
    path("calendar/connection/choose/", connections.choose, name="choose_calendar"),
    path("calendar/connection/now/", connections.sync, name="sync_calendar"),
    path("calendar/connection/end/", connections.end, name="end_calendar_connection"),
    path("calendar/new/", appointments.create, name="create_appointment"),
    path("calendar/undo/<uuid:undo_id>/", appointments.undo, name="undo_appointment"),
    path("calendar/<uuid:appointment_id>/", appointments.change, name="appointment"),
    path("calendar/<uuid:appointment_id>/move/", appointments.move, name="move_appointment"),
    path("calendar/<uuid:appointment_id>/remove/", appointments.remove, name="remove_appointment"),
    path("calendar/<uuid:appointment_id>/answer/", appointments.answer, name="answer_appointment"),
    path("customers/<uuid:customer_id>/follow-ups/", views.add_follow_up, name="add_follow_up"),
]
